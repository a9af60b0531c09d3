// One of the planner's hooks that is ours only for a while. Owns taking it and giving it back; what it does meanwhile,
// and for which plannings, is the borrower's.
#pragma once

namespace steward::whatif {

/// Plain data, zero at start; one static object a hook.
template <typename Hook>
struct BorrowedHook {
  Hook previous;  // to be called first, when not null
  // Nearly always while it is borrowed; for good where another library has put its hook before ours meanwhile.
  bool in_chain;

  void Take(Hook* hook, Hook ours) {
    if (in_chain) return;
    previous = *hook;
    *hook = ours;
    in_chain = true;
  }

  void GiveBack(Hook* hook, Hook ours) {
    if (*hook != ours) return;
    *hook = previous;
    in_chain = false;
  }
};

}  // namespace steward::whatif
