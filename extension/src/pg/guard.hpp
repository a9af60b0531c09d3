// The boundary between C++ frames that own things and Postgres, whose errors are longjmps. DESIGN: a function is either
// C-shaped (trivially destructible locals, may call Postgres) or C++-shaped (owns containers, reaches Postgres only through
// CallPg). Nothing else in the extension may use PG_TRY outside pg/.
#pragma once

#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "pg/postgres.hpp"

namespace steward::pg {

/// A Postgres error on its way through C++ frames. Owns nothing: the ErrorData lives in the memory context that was current
/// when CallPg was entered, and ends in Boundary's re-raise.
class PgError final : public std::exception {
 public:
  explicit PgError(ErrorData* data) : data_(data) {}
  [[nodiscard]] const char* what() const noexcept override { return data_->message != nullptr ? data_->message : "error"; }
  [[nodiscard]] ErrorData* data() const noexcept { return data_; }

 private:
  ErrorData* data_;
};

/// True for errors that nobody may keep from their session: cancels, shutdowns, and the timeouts that end a session.
[[nodiscard]] bool MustTravelOn(int sqlstate);

/// Runs `function(argument)` and returns the ErrorData of an ERROR it raised (allocated in the caller's memory context), or
/// nullptr. The type-erased half of CallPg; lives in guard.cpp with its PG_TRY.
ErrorData* TryCall(void (*function)(void*), void* argument);

/// Calls C-shaped `f` from a C++-shaped function. An ERROR inside becomes a PgError with SQLSTATE, detail, hint and source
/// line intact. `f` must have only trivially destructible locals: the longjmp passes its frame.
template <typename F>
auto CallPg(F&& f) -> std::invoke_result_t<F&> {
  using Result = std::invoke_result_t<F&>;
  if constexpr (std::is_void_v<Result>) {
    auto* self = &f;
    ErrorData* error = TryCall([](void* p) { (*static_cast<decltype(self)>(p))(); }, self);
    if (error != nullptr) throw PgError(error);
  } else {
    static_assert(std::is_trivially_destructible_v<Result>, "CallPg returns plain data only");
    struct Frame {
      std::remove_reference_t<F>* f;
      Result result;
    } frame{&f, {}};
    ErrorData* error = TryCall(
        [](void* p) {
          auto* inner = static_cast<Frame*>(p);
          inner->result = (*inner->f)();
        },
        &frame);
    if (error != nullptr) throw PgError(error);
    return frame.result;
  }
}

/// Raises `error`, or out of memory / internal error when it is null. Never returns.
[[noreturn]] void Raise(ErrorData* error, const char* message, bool out_of_memory);

/// The body of every C++-shaped function that Postgres calls: `return Boundary([&] { ... });`. No exception leaves it; a
/// caught one is raised as a Postgres error only after the catch block and all C++ frames are gone.
template <typename F>
auto Boundary(F&& f) -> std::invoke_result_t<F&> {
  ErrorData* error = nullptr;
  char message[256] = "";
  bool out_of_memory = false;
  try {
    return f();
  } catch (const PgError& e) {
    error = e.data();
  } catch (const std::bad_alloc&) {
    out_of_memory = true;
  } catch (const std::exception& e) {
    strlcpy(message, e.what(), sizeof message);
  } catch (...) {
    strlcpy(message, "unknown C++ exception", sizeof message);
  }
  Raise(error, message, out_of_memory);
}

}  // namespace steward::pg
