// See verify.hpp.
#include "advise/index/verify.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "advise/index/trial_times.hpp"

namespace steward::advise {

namespace {

using model::TrialSet;

constexpr double kLeastSaving = 0.02;  // of the time of the statements that use an index: minima scatter by so much
constexpr double kShortest = 0.01;     // milliseconds: a difference below that is the clock's

TrialSet Without(const TrialSet& set, std::size_t index) {
  TrialSet rest;
  for (const std::size_t i : set)
    if (i != index) rest.push_back(i);
  return rest;
}

bool Contains(const TrialSet& set, std::size_t index) {
  return std::binary_search(set.begin(), set.end(), index);
}

class Verifier {
 public:
  explicit Verifier(const VerifyInput& input)
      : input_(input), kept_(OnTrial(input)), times_(input.measurer, input.calls.size(), kept_) {
    for (std::size_t s = 0; s < input.calls.size(); ++s)
      if (times_.Error(s).empty() && !times_.Used(s, kept_).empty()) affected_.push_back(s);
  }

  VerifyResult Run() {
    Say("measuring");
    times_.Measure(Pairs(kept_), Progress("measuring"));
    // The indexes that stay are measured anew: a slowdown that only now shows starts the search again.
    do {
      while (TakeOneAway()) {
      }
      times_.MeasureAgain(Pairs(kept_), Progress("measuring once more"));
      confirmed_.clear();
    } while (Slowest());
    return Result();
  }

 private:
  static TrialSet OnTrial(const VerifyInput& input) {
    TrialSet all;
    for (std::size_t i = 0; i < input.built.size(); ++i)
      if (input.built[i]) all.push_back(i);
    return all;
  }

  void Say(const std::string& phase) const { input_.progress(phase, 0); }
  [[nodiscard]] std::function<void(double)> Progress(const std::string& phase) const {
    return [this, phase](double share) { input_.progress(phase, share); };
  }

  [[nodiscard]] TrialTimes::Wanted Pairs(const TrialSet& kept) const {
    TrialTimes::Wanted pairs;
    for (const std::size_t s : affected_) pairs.emplace_back(s, kept);
    return pairs;
  }

  bool Measured(std::size_t s) const { return times_.Error(s).empty(); }

  double Slowdown(std::size_t s, const TrialSet& kept) {
    const double before = times_.Time(s, {});
    const double after = times_.Time(s, kept);
    return after - before > kShortest ? after / std::max(before, kShortest) : 1;
  }

  // The statement that is slowed down most, beyond what is allowed.
  std::optional<std::size_t> Slowest() {
    std::optional<std::size_t> slowest;
    double most = kMostSlowdown;
    for (const std::size_t s : affected_) {
      if (!Measured(s)) continue;
      const double slowdown = Slowdown(s, kept_);
      if (slowdown > most) {
        most = slowdown;
        slowest = s;
      }
    }
    return slowest;
  }

  // Measures what changes when one of `indexes` goes.
  void MeasureWithout(const TrialSet& indexes) {
    TrialTimes::Wanted wanted;
    for (const std::size_t s : affected_)
      for (const std::size_t i : indexes)
        if (Measured(s) && Contains(times_.Used(s, kept_), i)) wanted.emplace_back(s, Without(kept_, i));
    times_.Measure(wanted, Progress("measuring without one index each"));
  }

  struct Loss {
    double with = 0;  // calls x milliseconds of the statements that use the index
    double without = 0;
    int slowed = 0;  // statements beyond kMostSlowdown when it is gone
  };
  Loss LossOf(std::size_t index) {
    Loss loss;
    const TrialSet rest = Without(kept_, index);
    for (const std::size_t s : affected_) {
      if (!Measured(s)) continue;
      if (Slowdown(s, rest) > kMostSlowdown) ++loss.slowed;
      if (!Contains(times_.Used(s, kept_), index)) continue;
      loss.with += input_.calls[s] * times_.Time(s, kept_);
      loss.without += input_.calls[s] * times_.Time(s, rest);
    }
    return loss;
  }

  // Whether a statement that cannot be measured may be what the index is for.
  [[nodiscard]] bool IsWitheld(std::size_t index) const {
    const auto& helped = input_.helps[index];
    return std::any_of(helped.begin(), helped.end(), [&](std::size_t s) { return !Measured(s); });
  }

  // Of a slowed statement's indexes the one whose loss leaves fewest statements slowed, then least time.
  void TakeFrom(std::size_t slowed) {
    const TrialSet used = times_.Used(slowed, kept_);
    MeasureWithout(used);
    std::size_t worst = used.front();
    Loss best = LossOf(worst);
    for (const std::size_t i : used) {
      const Loss loss = LossOf(i);
      if (std::pair(loss.slowed, loss.without - loss.with) < std::pair(best.slowed, best.without - best.with)) {
        worst = i;
        best = loss;
      }
    }
    Rejection rejection;
    rejection.index = worst;
    rejection.statement = slowed;
    rejection.slowdown = Slowdown(slowed, kept_);
    Reject(rejection);
  }

  // The index that helps least goes, if that is next to nothing.
  bool TakeUseless() {
    MeasureWithout(kept_);
    std::optional<Rejection> least;
    double least_saving = kLeastSaving;
    for (const std::size_t i : kept_) {
      if (IsWitheld(i)) continue;
      const Loss loss = LossOf(i);
      const double saving = loss.without > 0 ? 1 - loss.with / loss.without : 0;
      if (loss.slowed > 0 || saving >= least_saving) continue;
      least_saving = saving;
      least = Rejection{i, 0, 0, loss.with, loss.without};
    }
    if (least) Reject(*least);
    return least.has_value();
  }

  bool TakeOneAway() {
    if (const auto slowed = Slowest()) {
      if (confirmed_.emplace(*slowed, times_.Used(*slowed, kept_)).second)
        times_.Confirm(*slowed, kept_);
      else
        TakeFrom(*slowed);
      return true;
    }
    return TakeUseless();
  }

  void Reject(const Rejection& rejection) {
    kept_ = Without(kept_, rejection.index);
    rejected_.push_back(rejection);
    times_.Measure(Pairs(kept_), Progress("measuring"));
  }

  VerifyResult Result() {
    VerifyResult result{kept_, rejected_, {}};
    for (std::size_t s = 0; s < input_.calls.size(); ++s) {
      StatementVerdict verdict;
      verdict.error = times_.Error(s);
      verdict.affected = std::find(affected_.begin(), affected_.end(), s) != affected_.end();
      if (verdict.affected && verdict.error.empty()) {
        verdict.used = times_.Used(s, kept_);
        verdict.time_before = times_.Time(s, {});
        verdict.time_after = times_.Time(s, kept_);
        verdict.cost_before = times_.Cost(s, {});
        verdict.cost_after = times_.Cost(s, kept_);
        verdict.before_timed_out = times_.TimedOut(s, {});
        verdict.after_timed_out = times_.TimedOut(s, kept_);
      }
      result.statements.push_back(std::move(verdict));
    }
    return result;
  }

  const VerifyInput& input_;
  TrialSet kept_;
  TrialTimes times_;
  std::vector<std::size_t> affected_;
  std::set<std::pair<std::size_t, TrialSet>> confirmed_;  // plans that were slow and measured twice
  std::vector<Rejection> rejected_;
};

double Saved(const model::Verification& verification) {
  double saved = 0;
  for (const model::MeasuredStatement& statement : verification.statements)
    saved += static_cast<double>(statement.calls) * (statement.time_before - statement.time_after);
  return saved;
}

}  // namespace

VerifyResult VerifyIndexes(const VerifyInput& input) {
  return Verifier(input).Run();
}

model::IndexAdvice BetterVerified(model::IndexAdvice one, model::IndexAdvice other) {
  if (Saved(*other.verification) > Saved(*one.verification)) std::swap(one, other);
  one.rejected.insert(one.rejected.end(), other.rejected.begin(), other.rejected.end());
  std::set<std::string> known;
  for (const model::IndexSuggestion& suggestion : one.suggestions) known.insert(suggestion.id);
  std::erase_if(one.rejected, [&](const model::IndexSuggestion& rejected) { return !known.insert(rejected.id).second; });
  return one;
}

}  // namespace steward::advise
