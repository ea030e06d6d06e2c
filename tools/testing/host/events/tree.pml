/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bitmap tree at depth 3, exhaustively: two ports, two VCPUs and senders.
 *
 * SCENE 0: port 0 is masked by its handler and unmasked by the hypercall; 1: the same,
 * unmasked by the VCPU that owns it; 2: port 0 moves and moves back; 3: a VCPU goes
 * off line, and perhaps returns.
 *
 * A statement that touches shared words is one atomic step of a CPU with full barriers,
 * as Xen's and the engine's bit operations and exchanges are.  SHAPE 0: both ports in
 * one leaf word; 1: in two words under one selector word; 2: under two selector words.
 *
 * Port 0 gets SENDS events; port 1 gets one, or SENDS if that is more than 2.
 *
 * Seeded bugs: NO_RECHECK, NO_REMASK, ROOT_LATE, TOP_DOWN.
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

inline xen_send(p, c, done)
{
	take_lock(xen_lock[p]);
	d_step { sent[p]++; c = xen_cpu[p] };
	d_step { done = pending[p]; pending[p] = true };
	if
	:: done
	:: !done ->
		if
		:: mask[p]
		:: !mask[p] -> raise(c, p, done)
		fi
	fi;
	xen_lock[p] = false
}

inline xen_unmask(p, c, done)
{
	d_step { done = !mask[p]; mask[p] = false };
	if
	:: !done && pending[p] -> c = xen_cpu[p]; raise(c, p, done)
	:: else
	fi
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

/* Claimed, taken, handled: the handler masks until an EOI process is done with it. */
inline deliver(c, p, done)
{
	if
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

inline scan(c, r, s, bits, w, p, done)
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
					:: bits & 1 -> deliver(c, p, done)
					:: else
					fi;
#if SHAPE == 0
					if
					:: bits & 2 -> deliver(c, 1, done)
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
	byte r, s, bits, w, p;
	bool done;

end:	do
	:: !stop[c] && (upcall[c] || force[c]) ->
		force[c] = false;
		upcall[c] = false;
		scan(c, r, s, bits, w, p, done)
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

inline move(p, to, c, done)
{
	take_lock(chan_lock[p]);
	if
	:: !eoi_mask[p] -> mask[p] = true
	:: else
	fi;
	take_lock(xen_lock[p]);
	xen_cpu[p] = to;
	xen_lock[p] = false;
	cpu_of[p] = to;
	if
	:: !eoi_mask[p] -> unmask(p, c, done)
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
	atomic { c = 0; done = false };
	move(0, 1, c, done)
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
		run vcpu(1); run sender(0); run sender(1); run monitor();
		if
		:: SCENE == 0 -> run eoi(0)
		:: SCENE == 2 -> run vcpu(0); run mover()
		:: SCENE == 3 -> run vcpu(0); run hotplug()
		:: else
		fi
	}
}
