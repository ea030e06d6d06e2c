/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the engines use of the kernel, for user space.
 *
 * Every access that another CPU can see is an atomic builtin, and calls shim_step()
 * first, where the explorer of interleavings may let another CPU run.  A bit is changed
 * in a word of the size in which the engine reads and takes it: TSan knows of no order
 * between accesses of different sizes, and would report races that no processor has.
 * Little-endian only.
 */
#ifndef HOST_EVENTS_SHIM_H
#define HOST_EVENTS_SHIM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#define BITS_PER_LONG		(__SIZEOF_LONG__ * 8)
#undef __always_inline
#define __always_inline		inline __attribute__((__always_inline__))
#define noinline		__attribute__((__noinline__))
#define __uninitialized
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))

/* One shared access is about to be made; or there is nothing to do but wait. */
#ifdef HOST_EXPLORE
void explore_step(void);
void explore_wait(void);
#define shim_step()		explore_step()
#define cpu_relax()		explore_wait()
#elif defined(HOST_THREADS)
void thread_wait(void);
#define shim_step()		do { } while (0)
#define cpu_relax()		thread_wait()
#else
#define shim_step()		do { } while (0)
#define cpu_relax()		do { } while (0)
#endif

#define READ_ONCE(x) ({							\
	shim_step();							\
	__atomic_load_n(&(x), __ATOMIC_RELAXED);			\
})

#define WRITE_ONCE(x, v) do {						\
	shim_step();							\
	__atomic_store_n(&(x), (v), __ATOMIC_RELAXED);			\
} while (0)

#define virt_store_release(p, v) do {					\
	shim_step();							\
	__atomic_store_n((p), (v), __ATOMIC_RELEASE);			\
} while (0)

/* TSan knows no fences; all that needs order here has it from the atomics. */
#ifdef __SANITIZE_THREAD__
#define virt_mb__after_atomic()	do { } while (0)
#define virt_rmb()		do { } while (0)
#else
#define virt_mb__after_atomic()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define virt_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#endif

#define xchg(p, v) ({							\
	shim_step();							\
	__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST);		\
})

#ifndef shim_changed
#define shim_changed(p, old, new)	do { } while (0)
#endif

#define sync_try_cmpxchg(p, pold, new) ({				\
	typeof(*(p)) shim_new = (new);					\
	bool shim_ok;							\
									\
	shim_step();							\
	shim_ok = __atomic_compare_exchange_n((p), (pold), shim_new, false,	\
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);	\
	if (shim_ok)							\
		shim_changed((p), *(pold), shim_new);			\
	shim_ok;							\
})

static inline unsigned int __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

#if TREE_WORD_BITS == 32
typedef u32 shim_word_t;
#else
typedef u64 shim_word_t;
#endif

static inline shim_word_t *shim_word(unsigned long nr, const unsigned long *map)
{
	return (shim_word_t *)map + nr / (sizeof(shim_word_t) * 8);
}

static inline shim_word_t shim_bit(unsigned long nr)
{
	return (shim_word_t)1 << nr % (sizeof(shim_word_t) * 8);
}

static inline bool sync_test_bit(unsigned long nr, const unsigned long *map)
{
	return READ_ONCE(*shim_word(nr, map)) & shim_bit(nr);
}

/* What the kernel has: where instructions are counted, it shall be the same ones. */
#if defined(HOST_COUNT) && defined(__x86_64__)
#define SHIM_BITOP(op, nr, map) ({					\
	bool shim_was;							\
									\
	asm volatile("lock " op " %2, %1"				\
		     : "=@ccc" (shim_was), "+m" (*(map))		\
		     : "r" (nr) : "memory");				\
	shim_was;							\
})
#define sync_test_and_set_bit(nr, map)		SHIM_BITOP("btsq", (long)(nr), map)
#define sync_test_and_clear_bit(nr, map)	SHIM_BITOP("btrq", (long)(nr), map)
#else
static inline bool sync_test_and_set_bit(unsigned long nr, unsigned long *map)
{
	shim_step();
	return __atomic_fetch_or(shim_word(nr, map), shim_bit(nr), __ATOMIC_SEQ_CST) &
	       shim_bit(nr);
}

static inline bool sync_test_and_clear_bit(unsigned long nr, unsigned long *map)
{
	shim_step();
	return __atomic_fetch_and(shim_word(nr, map), ~shim_bit(nr), __ATOMIC_SEQ_CST) &
	       shim_bit(nr);
}
#endif

static inline void sync_set_bit(unsigned long nr, unsigned long *map)
{
	sync_test_and_set_bit(nr, map);
}

static inline void sync_clear_bit(unsigned long nr, unsigned long *map)
{
	sync_test_and_clear_bit(nr, map);
}

#endif /* HOST_EVENTS_SHIM_H */
