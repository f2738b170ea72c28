/* CUDA C++ on the CPU: what a kernel may use, and how its blocks are run.

   Theory of operation. A block's threads are fibers: one runs until it waits for others, then another does. So a
   run is a sequence that can be chosen: ascending, descending, shuffled, warp by warp. A kernel with all its barriers
   gives the same in every order; one without gives something else in some order, every time it is run.

   `__shared__` arrays lie in one section, filled with NaN before each block. The source is compiled as for
   ThreadSanitizer, whose calls before each access to memory arrive here instead: they find accesses outside of the
   kernel's arrays, and two accesses without a barrier between them. All findings go into a report in memory that the
   parent process shares, so that a kernel that crashes or never ends has still said where it was.

   Fibers start by `makecontext` and switch by `_setjmp`, which makes no system call. */

#pragma once
#include <cfloat>
#include <climits>
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <type_traits>
#include <ucontext.h>
#include <utility>

#define D2L_OURS __attribute__((noinline, no_sanitize("thread")))
#define D2L_INLINE static inline __attribute__((no_sanitize("thread")))

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __constant__ static const
#define __shared__ static __attribute__((section("d2l_shared")))

struct uint3 { unsigned x, y, z; };
struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
struct float2 { float x, y; };
struct float3 { float x, y, z; };
struct alignas(16) float4 { float x, y, z, w; };
struct int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
D2L_INLINE float2 make_float2(float x, float y) { return {x, y}; }
D2L_INLINE float3 make_float3(float x, float y, float z) { return {x, y, z}; }
D2L_INLINE float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
D2L_INLINE int2 make_int2(int x, int y) { return {x, y}; }
D2L_INLINE int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }

namespace d2l {

constexpr int WARP = 32, MAX_THREADS = 1024, MAX_BUFFERS = 16, MAX_FOUND = 4;
constexpr size_t STACK_BYTES = 1 << 16, GUARD_BYTES = 1 << 12;
constexpr long long SHARED_ROOM = 48 << 10, SHARED_BEFORE = 256;  // bytes behind and before that are looked at
constexpr unsigned POISON = 0xffffffffu;  // as a float NaN, as an int -1
enum Order { ASCENDING, DESCENDING, SHUFFLED, WARPS_ASCENDING, WARPS_DESCENDING };
enum Stage { STARTED = 1, ENDED = 2, STUCK = 3 };
enum Kind { OUTSIDE, RACE, UNWRITTEN, DIVERGED, WARP_STUCK, BAD_MASK, KINDS };

/* The layouts of the next four are known to shim.py too. */
struct Found {
    long long count;           // how often in all; the rest tells of the first
    long long buffer, offset;  // element of which argument; buffer -1: bytes of shared memory
    long long write, other_write;
    long long block, thread, other;  // other: the second thread; of barriers, how many wait and how many have left
    long long line, other_line;
    long long pc;
};
struct Report {
    long long stage, order, block, thread;
    long long shared_bytes, shared_written;
    long long barriers;
    long long loads[MAX_BUFFERS], stores[MAX_BUFFERS];  // elements of each argument, by all threads
    long long shared_loads, shared_stores;
    long long most_loads, most_shared_loads;  // by the thread of a block that loads most; elements, words
    long long image;  // where the library was loaded
    Found found[KINDS];
};
struct Buffer { long long begin, end, item; };  // the elements of one argument, without what lies around them
struct Launch {
    long long grid[3], block[3];
    long long order, seed;
    long long arena, arena_bytes;
    long long buffers;
    Buffer buffer[MAX_BUFFERS];
};

struct Thread {
    uint3 index;
    int id, state;  // one of the following
    int line;
    unsigned mask, op, source;  // of an exchange in its warp: who takes part, and whom it listens to
    unsigned long long given, got;
    long long loads, shared_loads;
    jmp_buf here;
    ucontext_t context;
};
enum State { NEW, READY, AT_BARRIER, AT_WARP, LEFT };

/* Who touched a word last. Epochs grow at each barrier of the block, warp epochs at each of the warp's. */
constexpr unsigned NOBODY = 0, SEVERAL = 0xffffffffu, ATOMIC = 0xfffffffeu;  // else a thread's number from 1
struct Touch { unsigned thread, block, epoch, warp, warp_epoch; };
struct Shadow { Touch write, read; };

struct Machine {
    char room[1 << 12];  // what a kernel writes just behind its shared arrays harms nothing of ours
    Launch *launch;
    Report *report;
    void (*body)(void **);
    void **args;
    Thread threads[MAX_THREADS];
    int order[MAX_THREADS];
    int count, current;
    unsigned long long random;
    uint3 block_index;
    dim3 block_dim, grid_dim;
    unsigned block, epoch, warp_epoch[MAX_THREADS / WARP];
    int predicate_sum, predicate_count;
    jmp_buf scheduler, stop;
    char *stacks;
    Shadow *arena_shadow, *shared_shadow;
};
static Machine m;

}  // namespace d2l

extern "C" {
extern char __start_d2l_shared[] __attribute__((weak, visibility("hidden")));
extern char __stop_d2l_shared[] __attribute__((weak, visibility("hidden")));
extern char __ehdr_start[] __attribute__((visibility("hidden")));
}

namespace d2l {

D2L_INLINE size_t shared_bytes() { return (size_t)(__stop_d2l_shared - __start_d2l_shared); }

D2L_OURS static Found *find(Kind kind, int line, void *pc) {
    Found *found = &m.report->found[kind];
    if (found->count++) return nullptr;
    found->block = m.block, found->thread = m.current, found->line = line, found->pc = (long long)pc;
    return found;
}

D2L_OURS [[noreturn]] static void give_up() {
    m.report->stage = STUCK;
    _longjmp(m.stop, 1);
}

/* ---- fibers ---- */

D2L_OURS static void enter() {
    m.body(m.args);
    m.threads[m.current].state = LEFT;
    _longjmp(m.scheduler, 1);
}

D2L_OURS static void wait(int state) {
    Thread &self = m.threads[m.current];
    self.state = state;
    if (!_setjmp(self.here)) _longjmp(m.scheduler, 1);
}

D2L_OURS static void resume(int id) {
    Thread &self = m.threads[id];
    m.current = id, m.report->thread = id;
    if (_setjmp(m.scheduler)) return;
    if (self.state == NEW) {
        self.state = READY;
        getcontext(&self.context);
        self.context.uc_stack.ss_sp = m.stacks + id * (STACK_BYTES + GUARD_BYTES) + GUARD_BYTES;
        self.context.uc_stack.ss_size = STACK_BYTES;
        self.context.uc_link = nullptr;
        makecontext(&self.context, enter, 0);
        setcontext(&self.context);
    }
    _longjmp(self.here, 1);
}

D2L_INLINE bool can_run(int id) { return m.threads[id].state == NEW || m.threads[id].state == READY; }

D2L_INLINE unsigned next_random(unsigned below) {
    m.random = m.random * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)((m.random >> 33) % below);
}

D2L_OURS static void shuffle(int *items, int count) {
    for (int i = count - 1; i > 0; --i) std::swap(items[i], items[next_random(i + 1)]);
}

/* Run threads until all wait or have left. */
D2L_OURS static void run_ready() {
    long long policy = m.launch->order;
    bool by_warp = policy == WARPS_ASCENDING || policy == WARPS_DESCENDING;
    for (bool any = true; any;) {
        any = false;
        if (policy == SHUFFLED) shuffle(m.order, m.count);
        for (int i = 0; i < m.count; ++i) {
            int id = m.order[i];
            if (!can_run(id)) continue;
            any = true;
            resume(id);
            /* One warp as far as it gets: back to its first lane once all of it has had a turn. */
            if (by_warp && (i == m.count - 1 || m.order[i + 1] / WARP != id / WARP)) {
                int first = i;
                while (first && m.order[first - 1] / WARP == id / WARP) --first;
                for (int j = first; j <= i; ++j)
                    if (can_run(m.order[j])) { i = first - 1; break; }
            }
        }
    }
}

D2L_OURS static void open_barrier() {
    int waiting = 0, left = 0, line = 0, other_line = 0, in_warp = -1;
    for (int id = 0; id < m.count; ++id) {
        Thread &thread = m.threads[id];
        if (thread.state == LEFT) ++left;
        if (thread.state == AT_WARP && in_warp < 0) in_warp = id;
        if (thread.state != AT_BARRIER) continue;
        ++waiting;
        if (!line) line = thread.line;
        else if (thread.line != line && !other_line) other_line = thread.line;
    }
    if (in_warp >= 0) {  // it waits for lanes that will not come
        m.current = in_warp;
        Thread &thread = m.threads[in_warp];
        if (Found *found = find(WARP_STUCK, thread.line, nullptr)) {
            found->other = thread.mask, found->other_line = line;
            for (int id = in_warp / WARP * WARP; id < m.count && id < (in_warp / WARP + 1) * WARP; ++id)
                if (m.threads[id].state != AT_WARP || m.threads[id].mask != thread.mask) { found->offset = id; break; }
        }
        give_up();
    }
    if (waiting && (left || other_line))
        if (Found *found = find(DIVERGED, line, nullptr)) {
            found->thread = waiting, found->other = left, found->other_line = other_line;
        }
    ++m.epoch, ++m.report->barriers;
    for (int id = 0; id < m.count; ++id)
        if (m.threads[id].state == AT_BARRIER) {
            m.threads[id].state = READY;
            m.threads[id].got = ((unsigned long long)(unsigned)m.predicate_count << 32) | (unsigned)m.predicate_sum;
        }
    m.predicate_sum = m.predicate_count = 0;
}

D2L_OURS static void begin_block() {
    long long policy = m.launch->order;
    int warps = (m.count + WARP - 1) / WARP, placed = 0;
    for (int i = 0; i < warps; ++i) {
        int warp = policy == WARPS_DESCENDING || policy == DESCENDING ? warps - 1 - i : i;
        int first = warp * WARP, last = first + WARP < m.count ? first + WARP - 1 : m.count - 1;
        for (int lane = 0; lane <= last - first; ++lane)
            m.order[placed++] = policy == DESCENDING ? last - lane : first + lane;
    }
    for (int id = 0; id < m.count; ++id) {
        Thread &thread = m.threads[id];
        thread.id = id, thread.state = NEW, thread.loads = thread.shared_loads = 0;
        thread.index = {id % m.block_dim.x, id / m.block_dim.x % m.block_dim.y, id / m.block_dim.x / m.block_dim.y};
    }
    memset(m.warp_epoch, 0, sizeof m.warp_epoch);
    memset(__start_d2l_shared, 0xff, shared_bytes());
    memset(m.shared_shadow, 0, shared_bytes() / 4 * sizeof(Shadow));
    ++m.epoch;
}

D2L_OURS static void run_block() {
    begin_block();
    for (;;) {
        run_ready();
        bool all_left = true;
        for (int id = 0; id < m.count; ++id) all_left &= m.threads[id].state == LEFT;
        if (all_left) break;
        open_barrier();
    }
    for (int id = 0; id < m.count; ++id) {
        const Thread &thread = m.threads[id];
        if (thread.loads > m.report->most_loads) m.report->most_loads = thread.loads;
        if (thread.shared_loads > m.report->most_shared_loads) m.report->most_shared_loads = thread.shared_loads;
    }
    long long written = 0;
    for (unsigned *word = (unsigned *)__start_d2l_shared; (char *)(word + 1) <= __stop_d2l_shared; ++word)
        written += *word != POISON ? 4 : 0;
    if (written > m.report->shared_written) m.report->shared_written = written;
}

/* ---- what stands between threads ---- */

D2L_OURS static unsigned long long barrier(int line, bool given, bool predicate) {
    Thread &self = m.threads[m.current];
    self.line = line;
    if (given) m.predicate_sum += predicate, m.predicate_count += 1;
    wait(AT_BARRIER);
    return self.got;
}

enum WarpOp { SYNC, SHUFFLE, VOTE };

/* Wait for all lanes of the mask; the last to arrive hands everyone what it is to get. */
D2L_OURS static unsigned long long meet(int line, unsigned mask, unsigned op, unsigned long long given, unsigned source) {
    Thread &self = m.threads[m.current];
    int lane = m.current % WARP, lanes = m.count - (m.current - lane) < WARP ? m.count - (m.current - lane) : WARP;
    Thread *warp = &self - lane;
    if (!(mask >> lane & 1)) {
        if (Found *found = find(BAD_MASK, line, nullptr)) found->other = mask;
        give_up();
    }
    self.line = line, self.mask = mask, self.op = op, self.given = given, self.source = source;
    for (int i = 0; i < lanes; ++i) {
        bool missing = warp[i].state != AT_WARP || warp[i].mask != mask || warp[i].op != op;
        if (i == lane || !(mask >> i & 1) || !missing) continue;
        wait(AT_WARP);
        return self.got;
    }
    if (op == SYNC) ++m.warp_epoch[m.current / WARP];
    unsigned votes = 0;
    for (int i = 0; i < lanes; ++i)
        if (mask >> i & 1 && warp[i].given) votes |= 1u << i;
    for (int i = 0; i < lanes; ++i) {
        if (!(mask >> i & 1)) continue;
        bool heard = warp[i].source < (unsigned)lanes && mask >> warp[i].source & 1;
        warp[i].got = op == VOTE ? votes : heard ? warp[warp[i].source].given : ~0ull;
        if (i != lane) warp[i].state = READY;
    }
    return self.got;
}

enum Direction { TO, UP, DOWN, XOR };

template <class T>
static T shuffle(int line, unsigned mask, T value, Direction direction, unsigned by, int width) {
    static_assert(sizeof(T) <= 8, "a shuffle exchanges numbers of at most 8 bytes");
    unsigned lane = m.current % WARP, segment = lane & ~(unsigned)(width - 1), end = segment + width;
    unsigned source = direction == TO ? segment | (by & (width - 1)) : direction == XOR ? lane ^ by : lane + by;
    if (direction == UP) source = lane >= segment + by ? lane - by : lane;
    if (source >= end) source = lane;
    unsigned long long given = 0;
    memcpy(&given, &value, sizeof value);
    given = meet(line, mask, SHUFFLE, given, source);
    memcpy(&value, &given, sizeof value);
    return value;
}

/* ---- memory ---- */

D2L_INLINE bool clash(const Touch &before, const Touch &now) {
    if (before.thread == NOBODY || (before.thread == ATOMIC && now.thread == ATOMIC)) return false;
    if (before.block != now.block) return true;
    if (before.thread == now.thread || before.epoch != now.epoch) return false;
    return before.warp != now.warp || before.warp_epoch == now.warp_epoch;
}

/* Two threads, one of which writes, with no barrier between them. */
D2L_OURS static void touch(Shadow &word, bool write, bool atomic, long long buffer, long long offset, void *pc) {
    unsigned warp = m.current / WARP;
    Touch now = {atomic ? ATOMIC : m.current + 1u, m.block + 1, m.epoch, warp, m.warp_epoch[warp]};
    const Touch &before = write && !atomic ? word.read : word.write;
    if (clash(before, now))
        if (Found *found = find(RACE, 0, pc)) {
            found->buffer = buffer, found->offset = offset, found->write = write, found->other_write = !write;
            found->other = before.thread < ATOMIC ? before.thread - 1 : -1;
        }
    if (write) { word.write = now; return; }
    Touch &read = word.read;
    if (read.block == now.block && read.epoch == now.epoch && read.thread != now.thread && read.thread != NOBODY) {
        now.thread = SEVERAL;
        if (read.warp != now.warp) now.warp = SEVERAL;
    }
    read = now;
}

D2L_OURS static void outside(long long address, bool write, void *pc) {
    Found *found = find(OUTSIDE, 0, pc);
    if (!found) return;
    long long nearest = LLONG_MAX;
    for (int i = 0; i < m.launch->buffers; ++i) {
        const Buffer &buffer = m.launch->buffer[i];
        long long away = address < buffer.begin ? buffer.begin - address : address - buffer.end;
        if (away >= nearest) continue;
        long long bytes = address - buffer.begin;
        nearest = away, found->buffer = i;
        found->offset = bytes < 0 ? -((-bytes + buffer.item - 1) / buffer.item) : bytes / buffer.item;
    }
    found->write = write;
}

/* Just behind the shared arrays, or before: there lies nothing that a kernel may touch. */
D2L_INLINE bool beyond_shared(long long address) {
    long long behind = address - (long long)__stop_d2l_shared, before = (long long)__start_d2l_shared - address;
    return shared_bytes() && ((behind >= 0 && behind < SHARED_ROOM) || (before > 0 && before <= SHARED_BEFORE));
}

D2L_OURS static void access(const void *where, size_t size, bool write, bool atomic, void *pc) {
    if (!m.launch) return;  // the library is being loaded
    long long address = (long long)where;
    if (address >= m.launch->arena && address < m.launch->arena + m.launch->arena_bytes) {
        for (int i = 0; i < m.launch->buffers; ++i) {
            const Buffer &buffer = m.launch->buffer[i];
            if (address < buffer.begin || address + (long long)size > buffer.end) continue;
            long long elements = (long long)size < buffer.item ? 1 : (long long)size / buffer.item;
            (write ? m.report->stores : m.report->loads)[i] += elements;
            if (!write) m.threads[m.current].loads += elements;
            for (size_t at = 0; at + 4 <= size; at += 4)
                touch(m.arena_shadow[(address + at - m.launch->arena) / 4], write, atomic, i,
                      (address + at - buffer.begin) / buffer.item, pc);
            return;
        }
        outside(address, write, pc);
    } else if (where >= (void *)__start_d2l_shared && where < (void *)__stop_d2l_shared) {
        long long words = size < 4 ? 1 : (long long)size / 4;
        (write ? m.report->shared_stores : m.report->shared_loads) += words;
        if (!write) m.threads[m.current].shared_loads += words;
        long long offset = address - (long long)__start_d2l_shared;
        for (size_t at = 0; at + 4 <= size; at += 4) {
            Shadow &word = m.shared_shadow[(offset + at) / 4];
            if (!write && *(const unsigned *)((const char *)where + at) == POISON && word.write.block != m.block + 1)
                if (Found *found = find(UNWRITTEN, 0, pc)) found->buffer = -1, found->offset = offset + at;
            touch(word, write, atomic, -1, offset + at, pc);
        }
    } else if (beyond_shared(address)) {
        if (Found *found = find(OUTSIDE, 0, pc))
            found->buffer = -1, found->offset = address - (long long)__start_d2l_shared, found->write = write;
    }
}

template <class T, class F>
__attribute__((no_sanitize("thread"))) static T atomic(T *at, F change) {
    access(at, sizeof(T), false, true, __builtin_return_address(0));
    access(at, sizeof(T), true, true, __builtin_return_address(0));
    T old = *at;
    *at = change(old);
    return old;
}

/* ---- launching ---- */

template <class T> struct Code { static constexpr char value = '?'; };
template <> struct Code<float> { static constexpr char value = 'f'; };
template <> struct Code<double> { static constexpr char value = 'd'; };
template <> struct Code<int> { static constexpr char value = 'i'; };
template <> struct Code<unsigned> { static constexpr char value = 'u'; };
template <> struct Code<long> { static constexpr char value = 'l'; };
template <> struct Code<unsigned long> { static constexpr char value = 'l'; };
template <> struct Code<long long> { static constexpr char value = 'l'; };
template <> struct Code<unsigned long long> { static constexpr char value = 'l'; };

/* Two characters for each parameter: P for a pointer, the type's code. */
template <class... P>
static const char *signature(void (*)(P...)) {
    static const char text[] = {
        (std::is_pointer<P>::value ? 'P' : '.')..., '|',
        Code<typename std::remove_cv<typename std::remove_pointer<P>::type>::type>::value..., 0};
    return text;
}

template <class... P, size_t... I>
__attribute__((no_sanitize("thread"))) static void call(void (*kernel)(P...), void **args, std::index_sequence<I...>) {
    kernel(*static_cast<typename std::remove_cv<P>::type *>(args[I])...);
}
template <class... P>
__attribute__((no_sanitize("thread"))) static void call(void (*kernel)(P...), void **args) {
    call(kernel, args, std::index_sequence_for<P...>());
}

D2L_OURS static void *pages(size_t bytes) {
    void *found = mmap(nullptr, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED) __builtin_trap();
    return found;
}

D2L_OURS static void launch(Launch *launch, Report *report, void (*body)(void **), void **args) {
    m.launch = launch, m.report = report, m.body = body, m.args = args;
    m.grid_dim = dim3(launch->grid[0], launch->grid[1], launch->grid[2]);
    m.block_dim = dim3(launch->block[0], launch->block[1], launch->block[2]);
    m.count = m.block_dim.x * m.block_dim.y * m.block_dim.z;
    m.random = launch->seed * 2 + 1;
    report->order = launch->order, report->shared_bytes = shared_bytes(), report->image = (long long)__ehdr_start;
    if (!m.stacks) {
        m.stacks = (char *)pages(MAX_THREADS * (STACK_BYTES + GUARD_BYTES));
        for (int id = 0; id < m.count; ++id) mprotect(m.stacks + id * (STACK_BYTES + GUARD_BYTES), GUARD_BYTES, PROT_NONE);
    }
    size_t arena_shadow = launch->arena_bytes / 4 * sizeof(Shadow), shared_shadow = shared_bytes() / 4 * sizeof(Shadow);
    m.arena_shadow = (Shadow *)pages(arena_shadow), m.shared_shadow = (Shadow *)pages(shared_shadow);
    report->stage = STARTED;
    long long blocks = (long long)m.grid_dim.x * m.grid_dim.y * m.grid_dim.z;
    bool back = launch->order == DESCENDING || launch->order == WARPS_DESCENDING;
    if (!_setjmp(m.stop)) {
        for (volatile long long i = 0; i < blocks; i = i + 1) {
            m.block = back ? blocks - 1 - i : i, report->block = m.block;
            m.block_index = {m.block % m.grid_dim.x, m.block / m.grid_dim.x % m.grid_dim.y,
                             m.block / m.grid_dim.x / m.grid_dim.y};
            run_block();
        }
        report->stage = ENDED;
    }
    munmap(m.arena_shadow, arena_shadow ? arena_shadow : 1), munmap(m.shared_shadow, shared_shadow ? shared_shadow : 1);
    fflush(nullptr);
}

/* By value: a kernel's own reads of `m` are accesses that miss its shared arrays. */
D2L_OURS static uint3 thread_index() { return m.threads[m.current].index; }
D2L_OURS static uint3 block_index() { return m.block_index; }
D2L_OURS static dim3 block_dim() { return m.block_dim; }
D2L_OURS static dim3 grid_dim() { return m.grid_dim; }

}  // namespace d2l

/* ---- the names of CUDA C++ ---- */

#define threadIdx (d2l::thread_index())
#define blockIdx (d2l::block_index())
#define blockDim (d2l::block_dim())
#define gridDim (d2l::grid_dim())
#define warpSize 32

#define __syncthreads() ((void)d2l::barrier(__LINE__, false, false))
#define __syncthreads_count(p) ((int)(unsigned)d2l::barrier(__LINE__, true, (p) != 0))
#define __syncthreads_or(p) ((unsigned)d2l::barrier(__LINE__, true, (p) != 0) != 0)
#define __syncthreads_and(p) (d2l::everyone(d2l::barrier(__LINE__, true, (p) != 0)))
#define __syncwarp(...) ((void)d2l::meet(__LINE__, d2l::mask_of(__VA_ARGS__), d2l::SYNC, 0, 0))
#define __ballot_sync(mask, p) ((unsigned)d2l::meet(__LINE__, mask, d2l::VOTE, (p) != 0, 0))
#define __any_sync(mask, p) (__ballot_sync(mask, p) != 0)
#define __all_sync(mask, p) (__ballot_sync(mask, !(p)) == 0)
#define __shfl_sync(mask, value, ...) (d2l::shuffled(__LINE__, d2l::TO, mask, value, __VA_ARGS__))
#define __shfl_up_sync(mask, value, ...) (d2l::shuffled(__LINE__, d2l::UP, mask, value, __VA_ARGS__))
#define __shfl_down_sync(mask, value, ...) (d2l::shuffled(__LINE__, d2l::DOWN, mask, value, __VA_ARGS__))
#define __shfl_xor_sync(mask, value, ...) (d2l::shuffled(__LINE__, d2l::XOR, mask, value, __VA_ARGS__))

namespace d2l {
D2L_INLINE unsigned mask_of(unsigned mask = 0xffffffffu) { return mask; }
D2L_INLINE int everyone(unsigned long long got) { return (unsigned)got == (unsigned)(got >> 32); }
template <class T>
static T shuffled(int line, Direction direction, unsigned mask, T value, unsigned by, int width = WARP) {
    return shuffle(line, mask, value, direction, by, width);
}
}  // namespace d2l

template <class T> static T atomicAdd(T *at, T by) { return d2l::atomic(at, [by](T old) { return (T)(old + by); }); }
template <class T> static T atomicSub(T *at, T by) { return d2l::atomic(at, [by](T old) { return (T)(old - by); }); }
template <class T> static T atomicMax(T *at, T by) { return d2l::atomic(at, [by](T old) { return old < by ? by : old; }); }
template <class T> static T atomicMin(T *at, T by) { return d2l::atomic(at, [by](T old) { return by < old ? by : old; }); }
template <class T> static T atomicExch(T *at, T by) { return d2l::atomic(at, [by](T) { return by; }); }
template <class T> static T atomicCAS(T *at, T was, T by) {
    return d2l::atomic(at, [was, by](T old) { return old == was ? by : old; });
}

template <class T> static T __ldg(const T *at) { return *at; }
static inline int max(int a, int b) { return a > b ? a : b; }
static inline int min(int a, int b) { return a < b ? a : b; }
static inline unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }
static inline unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline float min(float a, float b) { return fminf(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
/* Two types, as CUDA has them too: `min(n - i, blockDim.x)`. */
template <class A, class B> static inline typename std::common_type<A, B>::type max(A a, B b) {
    typename std::common_type<A, B>::type x = a, y = b;
    return x > y ? x : y;
}
template <class A, class B> static inline typename std::common_type<A, B>::type min(A a, B b) {
    typename std::common_type<A, B>::type x = a, y = b;
    return x < y ? x : y;
}
static inline int __float_as_int(float x) { int y; memcpy(&y, &x, 4); return y; }
static inline float __int_as_float(int x) { float y; memcpy(&y, &x, 4); return y; }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }

/* Macros, since the C library has functions of some of these names. */
#define __expf(x) expf(x)
#define __exp2f(x) exp2f(x)
#define __logf(x) logf(x)
#define __log2f(x) log2f(x)
#define __powf(x, y) powf(x, y)
#define __sinf(x) sinf(x)
#define __cosf(x) cosf(x)
#define __fdividef(x, y) ((x) / (y))
#define __frcp_rn(x) (1.0f / (x))
#define __fsqrt_rn(x) sqrtf(x)
#define __fmaf_rn(x, y, z) fmaf(x, y, z)
#define rsqrtf(x) (1.0f / sqrtf(x))
#define rsqrt(x) (1.0 / sqrt(x))
#define __align__(n) __attribute__((aligned(n)))

/* ---- what the compiler calls before each access ---- */

extern "C" {
#define D2L_PC __builtin_return_address(0)
#define D2L_HOOKS(size)                                                                             \
    D2L_OURS void __tsan_read##size(void *p) { d2l::access(p, size, false, false, D2L_PC); }         \
    D2L_OURS void __tsan_write##size(void *p) { d2l::access(p, size, true, false, D2L_PC); }         \
    D2L_OURS void __tsan_unaligned_read##size(void *p) { d2l::access(p, size, false, false, D2L_PC); } \
    D2L_OURS void __tsan_unaligned_write##size(void *p) { d2l::access(p, size, true, false, D2L_PC); }
D2L_HOOKS(1)
D2L_HOOKS(2)
D2L_HOOKS(4)
D2L_HOOKS(8)
D2L_HOOKS(16)
D2L_OURS void __tsan_read_range(void *p, long n) { d2l::access(p, n, false, false, D2L_PC); }
D2L_OURS void __tsan_write_range(void *p, long n) { d2l::access(p, n, true, false, D2L_PC); }
D2L_OURS void __tsan_func_entry(void *) {}
D2L_OURS void __tsan_func_exit(void *) {}
D2L_OURS void __tsan_init() {}
}

#define D2L_LAUNCHER(kernel)                                                                                 \
    D2L_OURS static void d2l_body(void **args) { d2l::call(&kernel, args); }                                 \
    extern "C" const char *d2l_signature() { return d2l::signature(&kernel); }                               \
    extern "C" D2L_OURS void d2l_launch(d2l::Launch *launch, d2l::Report *report, void **args) {              \
        d2l::launch(launch, report, d2l_body, args);                                                         \
    }
