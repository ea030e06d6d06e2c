/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bitmap tree at depth 3, exhaustively: two ports, two VCPUs and senders.
 *
 * SCENE 0: port 0 is masked by its handler and unmasked by the hypercall; 1: the same,
 * unmasked by the VCPU that owns it; 2: port 0 moves and moves back; 3: a VCPU goes
 * off line, and perhaps returns; 4: the leaf of port 0 comes late; 5: the selectors of
 * VCPU 0 do, which port 0 moves to; in both, port 0 moves once.  6: Xen switches from
 * 2-level while events are sent; then the leaf of port 0 comes.  What goes by the old methods
 * sets a bit that nobody reads again.
 *
 * EVTCHNOP_bind_vcpu does not wait for a sender that has read which VCPU to notify, so
 * that an event can come to the VCPU that was left, which passes it on: with STALE, and
 * many more states. Not in scene 3: nobody passes on what comes to a VCPU long gone.
 *
 * A statement that touches shared words is one atomic step of a CPU with full barriers,
 * as Xen's and the engine's bit operations and exchanges are.  SHAPE 0: both ports in
 * one leaf word; 1: in two words under one selector word; 2: under two selector words.
 *
 * Port 0 gets SENDS events; port 1 gets one, or SENDS if that is more than 2, and none
 * where something comes late.
 *
 * Seeded bugs: NO_RECHECK, NO_REMASK, ROOT_LATE, TOP_DOWN, NO_PASS_ON; in growing NO_KEEP,
 * NO_SECOND_LOOK, NO_RAISE_KEPT, NO_COMPLETE, NO_EVENT_LOCK; in the switch COPY_PENDING: not
 * all ports count as pending, but those that are.
 */
#ifndef SHAPE
#define SHAPE		1
#endif
#ifndef SENDS
#define SENDS		2
#endif
#ifndef SCENE
#define SCENE		0
#endif
#define WITH_EOI(p)	(SCENE < 2 && (p) == 0)
#ifndef STALE
#define STALE		0
#endif

#if SHAPE == 0
#define LEAF(p)		0
#define SEL(p)		0
#elif SHAPE == 1
#define LEAF(p)		(p)
#define SEL(p)		0
#else
#define LEAF(p)		(p)
#define SEL(p)		(p)
#endif

bool pending[2], mask[2];
/* sel[2 * cpu + word]: a bit for each leaf word; root[cpu]: one for each selector word */
byte sel[4];
byte root[2];
bool upcall[2], dead[2], stop[2], force[2];
byte xen_cpu[2], cpu_of[2];
bool chan_lock[2], xen_lock[2];
bool eoi_mask[2];
byte sent[2], seen[2];
/* What the guest has and what Xen knows; an event for a port without a leaf is kept. */
bool guest_leaf[2], xen_leaf[2], ready[2], kept[2];
bool event_lock;
/* Xen's methods are those of N-level; the pending bit of those of 2-level. */
bool nlevel, old_pending;
/* The leaf of port 0 is what comes late. */
#define LATE_LEAF	(SCENE == 4 || SCENE == 6)

#define has(word, bit)	(((word) >> (bit)) & 1)

inline take_lock(l)
{
	atomic { !l -> l = true }
}

/* From the leaf up; done is set when a bit was set already. */
inline raise(c, p, done)
{
#ifdef TOP_DOWN
	d_step { done = has(root[c], SEL(p)); root[c] = root[c] | (1 << SEL(p)) };
	if
	:: !done ->
		d_step {
			done = has(sel[2 * c + SEL(p)], LEAF(p));
			sel[2 * c + SEL(p)] = sel[2 * c + SEL(p)] | (1 << LEAF(p))
		}
	:: else
	fi;
#else
	d_step {
		done = has(sel[2 * c + SEL(p)], LEAF(p));
		sel[2 * c + SEL(p)] = sel[2 * c + SEL(p)] | (1 << LEAF(p))
	};
	if
	:: !done ->
		d_step { done = has(root[c], SEL(p)); root[c] = root[c] | (1 << SEL(p)) }
	:: else
	fi;
#endif
	if
	:: !done -> upcall[c] = true
	:: else
	fi
}

inline propagate(c, p, done)
{
	if
	:: ready[c] -> raise(c, p, done)
	:: else
	fi
}

/* Noted, and then looked again: the leaf may have come meanwhile. */
inline keep(p, done)
{
#ifndef NO_KEEP
	kept[p] = true;
#endif
#ifdef NO_SECOND_LOOK
	done = true
#else
	done = !xen_leaf[p]
#endif
}

inline set_pending(p, c, done)
{
	done = false;
	if
	:: !xen_leaf[p] -> keep(p, done)
	:: else
	fi;
	if
	:: !done ->
		d_step { done = pending[p]; pending[p] = true };
		if
		:: !done && !mask[p] -> propagate(c, p, done)
		:: else
		fi
	:: else
	fi
}

inline xen_send(p, c, done)
{
	take_lock(xen_lock[p]);
	d_step { sent[p]++; c = xen_cpu[p] };
#if SCENE == 6
	if
	:: !nlevel -> old_pending = true
	:: nlevel -> set_pending(p, c, done)
	fi;
#else
	set_pending(p, c, done);
#endif
	xen_lock[p] = false
}

inline xen_unmask(p, c, done)
{
	if
	:: xen_leaf[p] ->
		d_step { done = !mask[p]; mask[p] = false };
		if
		:: !done && pending[p] -> c = xen_cpu[p]; propagate(c, p, done)
		:: else
		fi
	:: else
	fi
}

/* No sender is kept out: one may have read the old methods and use them later. */
inline xen_init()
{
	take_lock(event_lock);
#ifdef COPY_PENDING
	kept[0] = old_pending;
#else
	kept[0] = true;
#endif
	nlevel = true;
	event_lock = false
}

/* Add the leaf of port 0, then raise what was kept. */
inline xen_add_leaf(c, done)
{
	take_lock(event_lock);
	xen_leaf[0] = true;
#ifndef NO_RAISE_KEPT
	if
	:: d_step { kept[0] -> kept[0] = false }; c = xen_cpu[0]; set_pending(0, c, done)
	:: else
	fi;
#endif
	event_lock = false
}

/* The last selectors of VCPU 0, then what is pending. */
inline xen_complete(p, done)
{
	take_lock(event_lock);
	ready[0] = true;
#ifndef NO_COMPLETE
	p = 0;
	do
	:: p < 2 ->
		if
		:: xen_leaf[p] && pending[p] && !mask[p] -> raise(0, p, done)
		:: else
		fi;
		p++
	:: else -> break
	od;
#endif
	event_lock = false
}

inline xen_bind_vcpu(p, to)
{
#ifndef NO_EVENT_LOCK
	take_lock(event_lock);
#endif
	if
	:: STALE -> xen_cpu[p] = to
	:: else -> take_lock(xen_lock[p]); xen_cpu[p] = to; xen_lock[p] = false
	fi;
	event_lock = false
}

/* tree_unmask() */
inline unmask(p, c, done)
{
	if
	:: pending[p] -> xen_unmask(p, c, done)
	:: else ->
		mask[p] = false;
#ifndef NO_RECHECK
		if
		:: pending[p] ->
#ifndef NO_REMASK
			mask[p] = true;
#endif
			xen_unmask(p, c, done)
		:: else
		fi
#endif
	fi
}

/* tree_unmask_local() */
inline unmask_local(p, c, done)
{
	mask[p] = false;
	if
	:: pending[p] -> raise(c, p, done)
	:: else
	fi
}

proctype sender(byte p)
{
	byte c, n;
	bool done;

	do
	:: n < SENDS && (n < 1 || p == 0 || SENDS > 2) -> xen_send(p, c, done); n++
	:: else -> break
	od
}

/* Another's: Xen is asked to notify whoever it belongs to. */
inline pass_on(c, p, done)
{
#ifndef NO_PASS_ON
	take_lock(chan_lock[p]);
	if
	:: !eoi_mask[p] -> mask[p] = true; unmask(p, c, done)
	:: else
	fi;
	chan_lock[p] = false;
#endif
	c = 0
}

/* Claimed, taken, handled: the handler masks until an EOI process is done with it. */
inline deliver(c, p, t, done)
{
	if
	:: STALE && cpu_of[p] != c -> pass_on(t, p, done)
	:: cpu_of[p] == c && !eoi_mask[p] ->
		d_step { done = pending[p]; pending[p] = false };
		if
		:: done ->
			if
			:: WITH_EOI(p) ->
				take_lock(chan_lock[p]);
				seen[p] = sent[p];
				mask[p] = true;
				eoi_mask[p] = true;
				chan_lock[p] = false
			:: else -> seen[p] = sent[p]
			fi
		:: else
		fi
	:: else
	fi;
	done = false
}

inline scan(c, r, s, bits, w, p, t, done)
{
#ifdef ROOT_LATE
	r = root[c];
#else
	d_step { r = root[c]; root[c] = 0 };
#endif
	w = 0;
	do
	:: w < 2 ->
		if
		:: has(r, w) ->
			d_step { s = sel[2 * c + w]; sel[2 * c + w] = 0 };
			p = 0;
			do
			:: p < 2 ->
				/* A word is read once: both of its ports at shape 0. */
				if
				:: has(s, LEAF(p)) && SEL(p) == w && (SHAPE != 0 || p == 0) ->
#if SHAPE == 0
					bits = pending[0] + 2 * pending[1];
					bits = bits & ~(mask[0] + 2 * mask[1]);
#else
					bits = pending[p];
					bits = bits && !mask[p];
#endif
					if
					:: bits & 1 -> deliver(c, p, t, done)
					:: else
					fi;
#if SHAPE == 0
					if
					:: bits & 2 -> deliver(c, 1, t, done)
					:: else
					fi;
#endif
					bits = 0
				:: else
				fi;
				p++
			:: else -> break
			od;
			atomic { s = 0; p = 0 }
		:: else
		fi;
		w++
	:: else -> break
	od;
#ifdef ROOT_LATE
	root[c] = 0;
#endif
	atomic { r = 0; w = 0 }
}

proctype vcpu(byte c)
{
	byte r, s, bits, w, p, t;
	bool done;

end:	do
	:: !stop[c] && (upcall[c] || force[c]) ->
		force[c] = false;
		upcall[c] = false;
		scan(c, r, s, bits, w, p, t, done)
	/* The EOI of one of its own channels, by the local unmask of a PV guest. */
	:: SCENE == 1 && !stop[c] && eoi_mask[0] && cpu_of[0] == c ->
		take_lock(chan_lock[0]);
		if
		:: eoi_mask[0] && cpu_of[0] == c ->
			eoi_mask[0] = false;
			unmask_local(0, c, done)
		:: else
		fi;
		chan_lock[0] = false;
		done = false
	/* Off line: what is raised from now on makes no upcall. */
	:: stop[c] && !dead[c] -> dead[c] = true
	od
}

/* The EOI from wherever, by the hypercall. */
proctype eoi(byte p)
{
	byte c;
	bool done;

end:	do
	:: eoi_mask[p] ->
		take_lock(chan_lock[p]);
		if
		:: eoi_mask[p] -> eoi_mask[p] = false; unmask(p, c, done)
		:: else
		fi;
		chan_lock[p] = false;
		atomic { c = 0; done = false }
	od
}

/* A port without a leaf is masked; the grower comes back to it. */
inline move(p, to, c, done)
{
	take_lock(chan_lock[p]);
	if
	:: guest_leaf[p] && !eoi_mask[p] -> mask[p] = true
	:: else
	fi;
	xen_bind_vcpu(p, to);
	cpu_of[p] = to;
	if
	:: guest_leaf[p] && !eoi_mask[p] -> unmask(p, c, done)
	:: else
	fi;
	chan_lock[p] = false
}

/* All begins on VCPU 1. */
proctype mover()
{
	byte c;
	bool done;

	move(0, 0, c, done);
#if SCENE == 2
	atomic { c = 0; done = false };
	move(0, 1, c, done)
#endif
}

proctype grower()
{
	byte c, p;
	bool done;

#if SCENE == 6
	xen_init();
#endif
#if LATE_LEAF
	guest_leaf[0] = true;
	xen_add_leaf(c, done);
	take_lock(chan_lock[0]);
	unmask(0, c, done);
	chan_lock[0] = false
#else
	xen_complete(p, done)
#endif
}

/* It goes off line, and comes back or does not. */
proctype hotplug()
{
	byte c;
	bool done;

	stop[1] = true;
	dead[1];
	move(0, 0, c, done);
	atomic { c = 0; done = false };
	move(1, 0, c, done);
	if
	:: skip
	:: d_step { upcall[1] = false; force[1] = true; dead[1] = false; stop[1] = false }
	fi
}

proctype monitor()
{
	timeout;
	assert(!pending[0] && !pending[1]);
	assert(!mask[0] && !mask[1]);
	assert(seen[0] == sent[0] && seen[1] == sent[1])
}

init
{
	atomic {
		cpu_of[0] = 1; cpu_of[1] = 1; xen_cpu[0] = 1; xen_cpu[1] = 1;
		guest_leaf[0] = !LATE_LEAF; xen_leaf[0] = !LATE_LEAF; mask[0] = LATE_LEAF;
		guest_leaf[1] = true; xen_leaf[1] = true;
		ready[0] = SCENE != 5; ready[1] = true;
		run vcpu(1); run sender(0); run monitor();
		if
		:: SCENE < 4 -> run sender(1)
		:: else
		fi;
		if
		:: SCENE == 0 -> run eoi(0)
		:: SCENE == 2 -> run vcpu(0); run mover()
		:: SCENE == 3 -> run vcpu(0); run hotplug()
		:: SCENE == 4 || SCENE == 5 -> run vcpu(0); run mover(); run grower()
		:: SCENE == 6 -> run grower()
		:: else
		fi
	}
}
