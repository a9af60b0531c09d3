// Which statements to prepare, which not, and how. Pure.
#pragma once

#include "advise/prepared/decide.hpp"
#include "model/prepared_suggestion.hpp"

namespace steward::advise {

/// The statements whose plans are worth asking the server for: by the time that preparing them could save at most, at most
/// `most`. Positions in the workload.
std::vector<std::size_t> WorthPlanning(const model::PreparedWorkload& workload, std::size_t most, const PreparedOptions& options);

model::PreparedAdvice AdvisePrepared(const model::PreparedWorkload& workload, const model::PreparedPooler& pooler,
                                     const PreparedOptions& options);

/// PREPARE with the types of its parameters. No SET: that would count for all statements of the session.
std::string PrepareSql(const model::PreparedStatement& statement, const std::string& name);

}  // namespace steward::advise
