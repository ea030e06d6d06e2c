/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FIFO queues, exhaustively: two or three ports, two VCPUs with one queue each, senders.
 *
 * A word is a byte: the flags, and two bits of link.  Each statement on it is one atomic
 * step, a compare-and-exchange one that may find the word changed.  A port's number
 * begins at 1.
 *
 * SCENE 0: port 1 is masked by its handler until its EOI; 1: port 1 moves and moves
 * back, with OVERTAKE while two send to it; 2: a VCPU goes off line, is drained, and
 * perhaps returns; 3: port 1 is masked and unmasked by somebody else, while it may be
 * queued.
 *
 * Seeded bugs: NO_BUSY_WAIT, NO_HYPERCALL, NO_LINK_CMPXCHG, NO_DRAIN, READY_LATE,
 * OTHERS_DROPPED (an event on the queue of the VCPU where the port was before).
 */
#ifndef SCENE
#define SCENE		0
#endif
#ifndef SENDS
#define SENDS		2
#endif
#ifndef PORTS
#define PORTS		2
#endif

#define PENDING		128
#define MASKED		64
#define LINKED		32
#define BUSY		16
#define LINK		3

byte word[4];
byte control_head[2], head[2];
bool ready[2], upcall[2], dead[2], stop[2], force[2], drained[2];
byte tail[2];
bool queue_lock[2];
byte last_cpu[4], xen_cpu[4], cpu_of[4];
bool xen_lock[4], chan_lock[4], reasons[4], eoi_due[4];
byte sent[4], seen[4];

inline take_lock(l)
{
	atomic { !l -> l = true }
}

/*
 * Xen does not wait for senders on their way when a port moves.  Only where its VCPU is
 * drained afterwards, they are taken to have arrived: going off line takes far longer.
 */
inline take_sender(p)
{
#if SCENE == 2
	take_lock(xen_lock[p])
#else
	skip
#endif
}

inline drop_sender(p)
{
#if SCENE == 2
	xen_lock[p] = false
#else
	skip
#endif
}

/* What the guest may do to a word that is BUSY. */
inline check_unmask(w)
{
	assert(!(w & BUSY))
}

/* Xen: link p behind the tail; ok if it was still linked. */
inline xen_link(t, p, w, tries, ok)
{
	tries = 0;
	do
	:: true ->
		w = word[t];
		if
		:: !(w & LINKED) ->
			ok = false;
			if
			:: tries > 0 -> word[t] = word[t] & ~BUSY
			:: else
			fi;
			break
		:: else
		fi;
		atomic {
			if
			:: word[t] == w ->
				word[t] = (w & ~(BUSY | LINK)) | p;
				ok = true;
				break
			:: else
			fi
		};
		/* What may happen to a BUSY word, happens at most four times. */
		assert(tries < 5);
		if
		:: tries == 0 -> word[t] = word[t] | BUSY
		:: else
		fi;
		tries++
	od;
	atomic { tries = 0; w = 0 }
}

inline xen_append(p, c, w, tries, ok)
{
	ok = false;
	if
	:: tail[c] != 0 -> xen_link(tail[c], p, w, tries, ok)
	:: else
	fi;
	if
	:: !ok ->
		control_head[c] = p;
		d_step { ok = ready[c]; ready[c] = true };
		if
		:: !ok -> upcall[c] = true
		:: else
		fi
	:: else
	fi;
	tail[c] = p
}

/*
 * Once its VCPU is read, p may move, and another sender overtake.  Where it was last is
 * what the locks say.
 */
inline xen_set_pending(p, events, c, from, w, tries, ok)
{
	c = xen_cpu[p];
	atomic {
		!queue_lock[c] && !queue_lock[last_cpu[p]] ->
		from = last_cpu[p];
		queue_lock[c] = true;
		queue_lock[from] = true
	};
	d_step { word[p] = word[p] | PENDING; sent[p] = sent[p] + events };
	if
	:: word[p] & MASKED
	:: else ->
		d_step { ok = (word[p] & LINKED) != 0; word[p] = word[p] | LINKED };
		if
		:: ok
		:: else ->
			d_step {
				if
				:: tail[from] == p -> tail[from] = 0
				:: else
				fi;
				last_cpu[p] = c
			};
			xen_append(p, c, w, tries, ok)
		fi
	fi;
	d_step { queue_lock[c] = false; queue_lock[from] = false; from = 0; c = 0; ok = false }
}

inline xen_unmask(p, c, from, w, tries, ok)
{
	word[p] = word[p] & ~MASKED;
	if
	:: word[p] & PENDING -> xen_set_pending(p, 0, c, from, w, tries, ok)
	:: else
	fi
}

proctype sender(byte p)
{
	byte c, from, w, tries, n;
	bool ok;

	do
	:: n < SENDS && (n < 1 || p == 1 || SENDS > 2) ->
		take_sender(p);
		xen_set_pending(p, 1, c, from, w, tries, ok);
		drop_sender(p);
		n++
	:: else -> break
	od
}

/* fifo_unmask() */
inline unmask(p, c, from, w, tries, ok)
{
	w = word[p];
	do
	:: !(w & MASKED) -> break
	:: (w & MASKED) && (w & PENDING) && !(w & LINKED) ->
#ifdef NO_HYPERCALL
		word[p] = word[p] & ~MASKED;
#else
		xen_unmask(p, c, from, w, tries, ok);
#endif
		break
#ifndef NO_BUSY_WAIT
	:: (w & MASKED) && !((w & PENDING) && !(w & LINKED)) && (w & BUSY) ->
		!(word[p] & BUSY);
		w = word[p]
	:: (w & MASKED) && !((w & PENDING) && !(w & LINKED)) && !(w & BUSY) ->
#else
	:: (w & MASKED) && !((w & PENDING) && !(w & LINKED)) ->
#endif
		atomic {
			if
			:: word[p] == w -> check_unmask(w); word[p] = w & ~MASKED; break
			:: else -> w = word[p]
			fi
		}
	od;
	w = 0
}

/* Taken: given back if it is masked by now, else handled. */
inline deliver(p)
{
	take_lock(chan_lock[p]);
	if
	:: reasons[p] -> word[p] = word[p] | PENDING
	:: else ->
		seen[p] = sent[p];
		if
		:: SCENE == 0 && p == 1 ->
			word[p] = word[p] | MASKED;
			reasons[p] = true;
			eoi_due[p] = true
		:: else
		fi
	fi;
	chan_lock[p] = false
}

/* fifo_take(): old is what the word was. */
inline take(p, old)
{
	old = word[p];
#ifdef NO_LINK_CMPXCHG
	word[p] = old & (BUSY | (old & MASKED -> (MASKED | PENDING) : 0));
#else
	do
	:: atomic {
		word[p] == old ->
		word[p] = old & ~(LINKED | LINK | (old & MASKED -> 0 : PENDING));
		break
	   }
	:: word[p] != old -> old = word[p]
	od
#endif
}

/* Masked, made pending, unmasked, for the VCPU where the port is now. */
inline raise_again(p, c, from, w, tries, ok)
{
	take_lock(chan_lock[p]);
	word[p] = word[p] | MASKED;
	word[p] = word[p] | PENDING;
	if
	:: !reasons[p] -> unmask(p, c, from, w, tries, ok)
	:: else
	fi;
	chan_lock[p] = false
}

proctype vcpu(byte me)
{
	byte p, old;

end:	do
	:: !stop[me] && (upcall[me] || force[me]) ->
		force[me] = false;
		upcall[me] = false;
		do
		:: ready[me] ->
#ifndef READY_LATE
			ready[me] = false;
#endif
			p = head[me];
			if
			:: p == 0 -> p = control_head[me]
			:: else
			fi;
			do
			:: p != 0 ->
				take(p, old);
				if
#ifdef OTHERS_DROPPED
				:: cpu_of[p] != me -> skip
				:: cpu_of[p] == me && (old & PENDING) && !(old & MASKED) ->
#else
				:: (old & PENDING) && !(old & MASKED) ->
#endif
					deliver(p)
				:: else
				fi;
				p = old & LINK
			:: p == 0 -> break
			od;
			old = 0;
#ifdef READY_LATE
			ready[me] = false;
#endif
			head[me] = 0
		:: !ready[me] -> break
		od
	:: stop[me] && !dead[me] -> dead[me] = true
	od
}

proctype eoi()
{
	byte c, from, w, tries;
	bool ok;

end:	do
	:: eoi_due[1] ->
		take_lock(chan_lock[1]);
		eoi_due[1] = false;
		reasons[1] = false;
		unmask(1, c, from, w, tries, ok);
		chan_lock[1] = false
	od
}

inline move(p, to, c, from, w, tries, ok)
{
	take_lock(chan_lock[p]);
	word[p] = word[p] | MASKED;
	take_sender(p);
	xen_cpu[p] = to;
	drop_sender(p);
	cpu_of[p] = to;
	unmask(p, c, from, w, tries, ok);
	chan_lock[p] = false
}

proctype mover()
{
	byte c, from, w, tries;
	bool ok;

	move(1, 1, c, from, w, tries, ok);
	move(1, 0, c, from, w, tries, ok)
}

proctype masker()
{
	byte c, from, w, tries;
	bool ok;

	take_lock(chan_lock[1]);
	word[1] = word[1] | MASKED;
	reasons[1] = true;
	chan_lock[1] = false;
	take_lock(chan_lock[1]);
	reasons[1] = false;
	unmask(1, c, from, w, tries, ok);
	chan_lock[1] = false
}

/* VCPU 0 goes: its ports move, its queue is drained; it comes back or does not. */
proctype hotplug()
{
	byte c, from, w, tries, p, old, next;
	bool ok;

	stop[0] = true;
	dead[0];
	move(1, 1, c, from, w, tries, ok);
	move(2, 1, c, from, w, tries, ok);
#if PORTS > 2
	move(3, 1, c, from, w, tries, ok);
#endif
#ifndef NO_DRAIN
	do
	:: ready[0] ->
		ready[0] = false;
		p = control_head[0];
		do
		:: p != 0 ->
			take(p, old);
			next = old & LINK;
			if
			:: (old & PENDING) && !(old & MASKED) ->
				raise_again(p, c, from, w, tries, ok)
			:: else
			fi;
			p = next
		:: p == 0 -> break
		od
	:: !ready[0] -> break
	od;
#endif
	if
	:: skip
	:: d_step { upcall[0] = false; force[0] = true; dead[0] = false; stop[0] = false }
	fi
}

proctype monitor()
{
	byte p;

	timeout;
	p = 1;
	do
	:: p <= PORTS ->
		assert(!(word[p] & (PENDING | MASKED | BUSY)));
		assert(seen[p] == sent[p]);
		p++
	:: else -> break
	od
}

init
{
	atomic {
		run vcpu(0); run sender(1); run sender(2); run monitor();
#if PORTS > 2
		run sender(3);
#endif
		if
		:: SCENE == 0 -> run eoi()
		:: SCENE == 1 ->
			run vcpu(1); run mover();
#ifdef OVERTAKE
			run sender(1)
#endif
		:: SCENE == 2 -> run vcpu(1); run hotplug()
		:: SCENE == 3 -> run masker()
		fi
	}
}
