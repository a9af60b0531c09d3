// Arithmetic on short arrays of counters, two at a time: what a loop over uint64_t costs on the hot path when the compiler
// cannot tell whether its arrays overlap. Plain C++ with GCC's vector types; no processor beyond the baseline is needed.
#pragma once

#include <cstdint>

namespace steward::pg {

using Lanes = uint64_t __attribute__((vector_size(16), aligned(8), may_alias));
// Of an array that begins at a multiple of 16: an operand of its own in memory, without a load before.
using AlignedLanes = uint64_t __attribute__((vector_size(16), may_alias));

/// to[i] += now[i] - then[i] for i < N, which is even. `to` may be neither of the others.
template <int N>
inline void AddDifferences(uint64_t* to, const void* now, const uint64_t* then) {
  static_assert(N % 2 == 0);
  auto* out = reinterpret_cast<Lanes*>(to);
  const auto* a = static_cast<const Lanes*>(now);
  const auto* b = reinterpret_cast<const Lanes*>(then);
#pragma GCC unroll 8
  for (int i = 0; i < N / 2; i++) out[i] += a[i] - b[i];
}

/// to[i] = now[i] - then[i] for i < N, which is even. `then` begins at a multiple of 16.
template <int N>
inline void SetDifferences(uint64_t* to, const void* now, const uint64_t* then) {
  static_assert(N % 2 == 0);
  auto* out = reinterpret_cast<Lanes*>(to);
  const auto* a = static_cast<const Lanes*>(now);
  const auto* b = reinterpret_cast<const AlignedLanes*>(then);
#pragma GCC unroll 8
  for (int i = 0; i < N / 2; i++) out[i] = a[i] - b[i];
}

/// True when a[i] is not b[i] for any i < N, which is even. `b` begins at a multiple of 16.
template <int N>
inline bool Differ(const uint64_t* a, const uint64_t* b) {
  static_assert(N % 2 == 0);
  const auto* x = reinterpret_cast<const Lanes*>(a);
  const auto* y = reinterpret_cast<const AlignedLanes*>(b);
  Lanes all = {0, 0};
#pragma GCC unroll 8
  for (int i = 0; i < N / 2; i++) all |= x[i] ^ y[i];
  return (all[0] | all[1]) != 0;
}

/// to[i] += from[i] for i < N, which is even. `from` begins at a multiple of 16.
template <int N>
inline void AddAll(uint64_t* to, const uint64_t* from) {
  static_assert(N % 2 == 0);
  auto* out = reinterpret_cast<Lanes*>(to);
  const auto* in = reinterpret_cast<const AlignedLanes*>(from);
#pragma GCC unroll 8
  for (int i = 0; i < N / 2; i++) out[i] += in[i];
}

/// to[i] = 0 for i < N, which is even.
template <int N>
inline void Clear(uint64_t* to) {
  static_assert(N % 2 == 0);
  auto* out = reinterpret_cast<Lanes*>(to);
#pragma GCC unroll 8
  for (int i = 0; i < N / 2; i++) out[i] = Lanes{0, 0};
}

/// to[i] = from[i] for i < N, which is even.
template <int N>
inline void Copy(uint64_t* to, const void* from) {
  static_assert(N % 2 == 0);
  auto* out = reinterpret_cast<Lanes*>(to);
  const auto* in = static_cast<const Lanes*>(from);
#pragma GCC unroll 8
  for (int i = 0; i < N / 2; i++) out[i] = in[i];
}

}  // namespace steward::pg
