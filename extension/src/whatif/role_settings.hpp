// The settings that a role's plans are made with. Owns finding them in pg_db_role_setting.
#pragma once

#include "pg/postgres.hpp"

namespace steward::whatif {

/// Sets the search_path and the planner's settings as `role` gets them when it connects to this database: what ALTER
/// DATABASE and ALTER ROLE say, else what this session started with (search_path) or uses now (the rest). Lasts until
/// the enclosing pg::EndRole.
void ApplyRoleSettings(Oid role);

}  // namespace steward::whatif
