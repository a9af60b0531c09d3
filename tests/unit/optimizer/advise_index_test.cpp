// The advisor against a made-up oracle whose best answers are known: candidates, selection, evidence.
#include "advise/index/advise_indexes.hpp"
#include "advise/index/evidence.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "fake_oracle.hpp"

namespace steward::advise {
namespace {

TEST(Candidates, EqualityComesBeforeRangeAndTheMoreSelectiveEqualityFirst) {
  Workload w = Shop();
  AddStatement(w, 1, 1, 1);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality).estimated_selectivity = 0.5;
  AddPredicate(w, 1, 2, PredicateRole::kFilter, PredicateKind::kEquality).estimated_selectivity = 0.01;
  AddPredicate(w, 1, 3, PredicateRole::kFilter, PredicateKind::kRange);
  const Candidates found = GenerateCandidates(w, {&w.statements[0]}, {});
  std::vector<std::string> names;
  for (const IndexDefinition& candidate : found.definitions) names.push_back(Name(candidate));
  EXPECT_TRUE(Has(names, "orders(b, a, c)"));
  EXPECT_TRUE(Has(names, "orders(a)"));
  EXPECT_FALSE(Has(names, "orders(c, b, a)"));
  EXPECT_EQ(found.relevant.size(), 1U);
  EXPECT_EQ(found.relevant[0].size(), found.definitions.size());
}

TEST(Candidates, SortDirectionsAreKeptRelativeToTheFirst) {
  Workload w = Shop();
  AddStatement(w, 1, 1, 1);
  Predicate& first = AddPredicate(w, 1, 1, PredicateRole::kSort, PredicateKind::kNone);
  first.position = 1;
  first.descending = first.nulls_first = true;
  AddPredicate(w, 1, 2, PredicateRole::kSort, PredicateKind::kNone).position = 2;
  const Candidates found = GenerateCandidates(w, {&w.statements[0]}, {});
  std::vector<std::string> names;
  for (const IndexDefinition& candidate : found.definitions) names.push_back(Name(candidate));
  EXPECT_TRUE(Has(names, "orders(a, b DESC)"));
}

TEST(Candidates, FewOutputColumnsMakeACoveringIndex) {
  Workload w = Shop();
  AddStatement(w, 1, 1, 1);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  AddPredicate(w, 1, 4, PredicateRole::kOutput, PredicateKind::kNone);
  const Candidates found = GenerateCandidates(w, {&w.statements[0]}, {});
  std::vector<std::string> names;
  for (const IndexDefinition& candidate : found.definitions) names.push_back(Name(candidate));
  EXPECT_TRUE(Has(names, "orders(a) INCLUDE (d)"));
}

// A range on a column in whose order the rows lie, of a table that is large.
TEST(Candidates, ALargeTableThatOnlyGrowsIsOfferedBrin) {
  Workload w = Shop();
  AddStatement(w, 1, 1, 1);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kRange);
  const auto offered = [&] {
    const Candidates found = GenerateCandidates(w, {&w.statements[0]}, {});
    return std::any_of(found.definitions.begin(), found.definitions.end(),
                       [](const IndexDefinition& candidate) { return candidate.method == "brin"; });
  };
  w.tables[0].size = std::int64_t{64} << 20;
  w.tables[0].columns[0].correlation = -0.95;
  EXPECT_TRUE(offered());
  w.tables[0].columns[0].correlation = 0.5;
  EXPECT_FALSE(offered()) << "not in order";
  w.tables[0].columns[0].correlation = 1;
  w.tables[0].size = std::int64_t{63} << 20;
  EXPECT_FALSE(offered()) << "a b-tree is small enough";
  w.tables[0].size = std::int64_t{64} << 20;
  w.predicates[0].kind = PredicateKind::kEquality;
  EXPECT_FALSE(offered()) << "no range";
}

// C6: an index that exists, or is a prefix of one, is never a candidate.
TEST(Candidates, WhatExistsIsNotProposedAgain) {
  Workload w = Shop();
  AddStatement(w, 1, 1, 1);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  model::ExistingIndex existing;
  existing.definition.relid = 10;
  existing.definition.keys = {{1, "a", "a", "", "", false, false}, {2, "b", "b", "", "", false, false}};
  w.indexes.push_back(existing);
  EXPECT_TRUE(GenerateCandidates(w, {&w.statements[0]}, {}).definitions.empty());
  w.indexes[0].valid = false;  // an INVALID index serves nobody
  EXPECT_EQ(GenerateCandidates(w, {&w.statements[0]}, {}).definitions.size(), 1U);
}

// For comparisons with advisors that suggest them.
TEST(Candidates, WhatExistsIsProposedWhereRedundantOnesAreWanted) {
  Workload w = Shop();
  AddStatement(w, 1, 1, 1);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  AddPredicate(w, 1, 2, PredicateRole::kGroup, PredicateKind::kNone).position = 1;
  model::ExistingIndex existing;
  existing.definition.relid = 10;
  existing.definition.unique = true;
  existing.definition.keys = {{1, "a", "a", "", "", false, false}};
  w.indexes.push_back(existing);
  const auto names = [&](bool redundant) {
    CandidateOptions options;
    options.redundant = redundant;
    std::vector<std::string> list;
    for (const auto& index : GenerateCandidates(w, {&w.statements[0]}, options).definitions)
      list.push_back(Name(index));
    std::sort(list.begin(), list.end());
    return list;
  };
  EXPECT_EQ(names(false), (std::vector<std::string>{"orders(b)", "orders(b, a)"}));
  EXPECT_EQ(names(true), (std::vector<std::string>{"orders(a)", "orders(a, b)", "orders(b)", "orders(b, a)"}));
}

TEST(Candidates, CatalogTablesAndUnindexableTypesAreLeftAlone) {
  Workload w = Shop();
  AddStatement(w, 1, 1, 1);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  AddPredicate(w, 1, 2, PredicateRole::kFilter, PredicateKind::kContainment);
  w.tables[0].columns[0].btree_indexable = false;
  EXPECT_TRUE(GenerateCandidates(w, {&w.statements[0]}, {}).definitions.empty());
  w.tables[0].columns[0].btree_indexable = true;
  w.tables[0].catalog = true;
  EXPECT_TRUE(GenerateCandidates(w, {&w.statements[0]}, {}).definitions.empty());
}

// Two statements over a..c; (a) helps 1 a lot, (b) helps 2 a little, both fit or only one.
Workload TwoStatements() {
  Workload w = Shop();
  AddStatement(w, 1, 10, 1000);
  AddStatement(w, 2, 10, 1000);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  AddPredicate(w, 2, 2, PredicateRole::kFilter, PredicateKind::kEquality);
  return w;
}

double TwoPlans(std::int64_t queryid, const std::vector<std::string>& present, std::vector<std::string>& used) {
  if (queryid == 1 && Has(present, "orders(a)")) {
    used = {"orders(a)"};
    return 10;
  }
  if (queryid == 2 && Has(present, "orders(b)")) {
    used = {"orders(b)"};
    return 500;
  }
  return 1000;
}

TEST(AdviseIndexes, SuggestsWhatHelpsWithItsEvidence) {
  const Workload w = TwoStatements();
  FakeOracle oracle(TwoPlans);
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.suggestions.size(), 2U);
  const auto first = std::find_if(advice.suggestions.begin(), advice.suggestions.end(),
                                  [](const auto& s) { return s.name == "orders_a_idx"; });
  ASSERT_NE(first, advice.suggestions.end());
  EXPECT_EQ(first->ddl, "CREATE INDEX CONCURRENTLY orders_a_idx ON public.orders USING btree (a);");
  EXPECT_EQ(first->undo_ddl, "DROP INDEX CONCURRENTLY public.orders_a_idx;");
  ASSERT_EQ(first->helped.size(), 1U);
  EXPECT_DOUBLE_EQ(first->helped[0].cost_before, 1000);
  EXPECT_DOUBLE_EQ(first->helped[0].cost_after, 10);
  EXPECT_TRUE(first->hurt.empty());
  EXPECT_DOUBLE_EQ(advice.cost_before, 20000);
  EXPECT_DOUBLE_EQ(advice.cost_after, 5100);
  EXPECT_EQ(advice.statements_costed, 2);
}

// All relations of a schema share one space of names, and no other schema's.
TEST(AdviseIndexes, NamesAreFreeInTheTablesSchema) {
  Workload w = TwoStatements();
  w.names = {{"public", "orders_a_idx"}, {"public", "orders_a_idx1"}, {"other", "orders_b_idx"}};
  FakeOracle oracle(TwoPlans);
  std::vector<std::string> names;
  for (const auto& s : AdviseIndexes(w, oracle, {}).suggestions) names.push_back(s.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"orders_a_idx2", "orders_b_idx"}));
}

TEST(AdviseIndexes, TheBudgetHoldsAndBuysTheBetterOne) {
  const Workload w = TwoStatements();
  FakeOracle oracle(TwoPlans);
  IndexOptions options;
  options.budget = 1'500'000;
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, options);
  ASSERT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].name, "orders_a_idx");
  EXPECT_LE(advice.size, options.budget);
}

TEST(AdviseIndexes, GainsBelowTheThresholdAreNotSuggested) {
  const Workload w = TwoStatements();
  FakeOracle oracle([](std::int64_t, const std::vector<std::string>& present, std::vector<std::string>& used) {
    used = present;
    return present.empty() ? 1000.0 : 999.0;
  });
  EXPECT_TRUE(AdviseIndexes(w, oracle, {}).suggestions.empty());
}

TEST(AdviseIndexes, FindsIndexesThatHelpOnlyTogether) {
  Workload w = Shop();
  AddStatement(w, 1, 1, 1000);
  AddPredicate(w, 1, 1, PredicateRole::kJoin, PredicateKind::kEquality);
  AddPredicate(w, 1, 2, PredicateRole::kJoin, PredicateKind::kEquality).scan_no = 2;
  FakeOracle oracle([](std::int64_t, const std::vector<std::string>& present, std::vector<std::string>& used) {
    if (!Has(present, "orders(a)") || !Has(present, "orders(b)")) return 1000.0;
    used = {"orders(a)", "orders(b)"};
    return 100.0;
  });
  EXPECT_EQ(AdviseIndexes(w, oracle, {}).suggestions.size(), 2U);
}

TEST(AdviseIndexes, NoSuggestionIsAPrefixOfAnother) {
  Workload w = Shop();
  AddStatement(w, 1, 1, 1000);
  AddStatement(w, 2, 1, 1000);
  AddPredicate(w, 1, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  AddPredicate(w, 2, 1, PredicateRole::kFilter, PredicateKind::kEquality);
  AddPredicate(w, 2, 2, PredicateRole::kFilter, PredicateKind::kRange);
  FakeOracle oracle([](std::int64_t queryid, const std::vector<std::string>& present, std::vector<std::string>& used) {
    const bool one = Has(present, "orders(a)");
    const bool two = Has(present, "orders(a, b)");
    if (queryid == 1 && one) return used = {"orders(a)"}, 100.0;
    if (two) return used = {"orders(a, b)"}, queryid == 1 ? 110.0 : 50.0;
    if (one) return used = {"orders(a)"}, 400.0;
    return 1000.0;
  });
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  ASSERT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.suggestions[0].name, "orders_a_b_idx");
}

TEST(AdviseIndexes, AStatementThatCannotBePlannedIsReportedAndDoesNotStopTheRest) {
  const Workload w = TwoStatements();
  FakeOracle oracle([](std::int64_t queryid, const std::vector<std::string>& present, std::vector<std::string>& used) {
    return queryid == 2 ? -1.0 : TwoPlans(queryid, present, used);
  });
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  EXPECT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.statements_costed, 1);
  EXPECT_EQ(advice.not_costed.at("planning failed"), 1);
  EXPECT_EQ(advice.warnings.size(), 1U);
}

// It may have failed only after waiting for somebody's lock.
TEST(AdviseIndexes, AStatementThatCannotBePlannedIsTriedOnce) {
  const Workload w = TwoStatements();
  int tries = 0;
  FakeOracle oracle([&](std::int64_t queryid, const std::vector<std::string>& present, std::vector<std::string>& used) {
    if (queryid != 2) return TwoPlans(queryid, present, used);
    tries++;
    return -1.0;
  });
  EXPECT_EQ(AdviseIndexes(w, oracle, {}).suggestions.size(), 1U);
  EXPECT_EQ(tries, 1);
}

TEST(AdviseIndexes, ALockedTableIsLeftOutAndNamed) {
  Workload w = TwoStatements();
  model::Table locked = w.tables[0];
  locked.relid = 11;
  locked.name_sql = "public.frozen";
  locked.locked = true;
  w.tables.push_back(locked);
  AddPredicate(w, 2, 1, PredicateRole::kFilter, PredicateKind::kEquality).relid = 11;
  FakeOracle oracle([](std::int64_t queryid, const std::vector<std::string>& present, std::vector<std::string>& used) {
    EXPECT_EQ(queryid, 1) << "planning the other waits for the lock";
    return TwoPlans(queryid, present, used);
  });
  const model::IndexAdvice advice = AdviseIndexes(w, oracle, {});
  EXPECT_EQ(advice.suggestions.size(), 1U);
  EXPECT_EQ(advice.not_costed.at("table locked"), 1);
  ASSERT_EQ(advice.warnings.size(), 1U);
  EXPECT_NE(advice.warnings[0].find("locks public.frozen (ACCESS EXCLUSIVE)"), std::string::npos);
}

TEST(AdviseIndexes, ShortWindowsAndMisestimatesLowerConfidence) {
  Workload w = TwoStatements();
  w.predicates[0].estimated_selectivity = 0.00001;
  w.predicates[0].actual_selectivity = 0.1;
  FakeOracle oracle(TwoPlans);
  const model::IndexAdvice doubtful = AdviseIndexes(w, oracle, {});
  for (const auto& s : doubtful.suggestions)
    if (s.name == "orders_a_idx") {
      EXPECT_EQ(s.confidence, model::Confidence::kLow);
      EXPECT_EQ(s.caveats.size(), 2U);
    }
  Workload brief = TwoStatements();
  brief.server.window_end = 600;
  for (const auto& s : AdviseIndexes(brief, oracle, {}).suggestions)
    EXPECT_EQ(s.confidence, model::Confidence::kMedium);
}

TEST(AdviseIndexes, FewerRowsThanEstimatedDoNotMakeAGainDoubtful) {
  Workload w = TwoStatements();
  w.predicates[0].estimated_selectivity = 0.1;
  w.predicates[0].actual_selectivity = 0.00001;
  FakeOracle oracle(TwoPlans);
  for (const auto& s : AdviseIndexes(w, oracle, {}).suggestions) EXPECT_EQ(s.confidence, model::Confidence::kHigh);
}

TEST(Candidates, AnExpressionIsNotMadeCovering) {
  Workload w = Shop();
  AddStatement(w, 1, 1, 1);
  AddPredicate(w, 1, 0, PredicateRole::kFilter, PredicateKind::kEquality).expression = "lower(a)";
  AddPredicate(w, 1, 4, PredicateRole::kOutput, PredicateKind::kNone);
  const Candidates found = GenerateCandidates(w, {&w.statements[0]}, {});
  ASSERT_EQ(found.definitions.size(), 1U);
  EXPECT_EQ(Name(found.definitions[0]), "orders((lower(a)))");
}

}  // namespace
}  // namespace steward::advise
