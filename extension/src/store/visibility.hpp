// Whose records the current user may read: pg_stat_statements' rule.
#pragma once

#include "pg/postgres.hpp"

extern "C" {
#include "catalog/pg_authid.h"
#include "utils/acl.h"
}

namespace steward::store {

/// True when the current user may read texts, plans and ids of every user.
inline bool ReadsAllStats() { return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS); }

}  // namespace steward::store
