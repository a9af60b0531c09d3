// The comment that tells our statements from everybody else's, in the captured workload and in the server's log.
#pragma once

#include <string>
#include <string_view>

namespace steward::db {

/// `script`, statements separated by "; ", with the tag behind the first word of each: what stands before a statement is no
/// part of its text from 18 on, and the end of a long one may be cut off. What is quoted stays as it is: names may hold
/// anything. Dollar quotes are not known.
std::string TagStatements(std::string_view script);

}  // namespace steward::db
