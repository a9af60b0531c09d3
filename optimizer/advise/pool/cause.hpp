// What transactions hold their connection for, from what was measured, and the cause that follows: whether more
// connections would help is decided here.
#pragma once

#include <string>

#include "model/pool_suggestion.hpp"

namespace steward::advise::pool {

/// The mean hold time of a class taken apart. CPU and the wait for the client are measured exactly where the server has
/// them; samples divide the rest. What was seen running beyond the CPU used was waiting for a core, and so was what the kernel
/// counted beyond that, which is taken from the waits it hid behind.
model::HoldSplit SplitHold(const model::PoolClass& one);

/// kCpu from 60 % of the time on CPU or waiting for it, kLock from 40 % waiting for locks (50 % with contention inside the
/// server), kHold from 60 % waiting for the client, I/O, WAL or other things, else kMixed. kUnknown: too little was measured.
model::PoolCause CauseOf(const model::HoldSplit& split);

/// "uses or waits for a core 88 % of the time it holds a connection (cpu 41 %, waiting for a core 47 %)".
std::string WhySentence(const model::HoldSplit& split);

}  // namespace steward::advise::pool
