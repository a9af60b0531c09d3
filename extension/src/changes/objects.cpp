// Notes what is truncated, altered, replaced, attached, detached or dropped, by the server's own notices of access to
// objects: they name each table of a TRUNCATE, also those that CASCADE adds.
#include "changes/install.hpp"

#include "changes/collect.hpp"

extern "C" {
#include "catalog/dependency.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
}

namespace steward::changes {

namespace {

object_access_hook_type previous_access = nullptr;

// Of inheritance the notice names the child, and the parent beside it.
void NoteParent(ObjectAccessType access, void* argument) {
  if (access == OAT_POST_ALTER && argument != nullptr)
    NoteChange(static_cast<ObjectAccessPostAlter*>(argument)->auxiliary_id);
}

// A REFRESH makes and drops relations of its own, which nobody reads.
bool IsInternal(ObjectAccessType access, void* argument) {
  if (argument == nullptr) return false;
  if (access == OAT_POST_ALTER) return static_cast<ObjectAccessPostAlter*>(argument)->is_internal;
  return access == OAT_DROP && (static_cast<ObjectAccessDrop*>(argument)->dropflags & PERFORM_DELETION_INTERNAL) != 0;
}

bool IsChange(ObjectAccessType access) {
  return access == OAT_DROP || access == OAT_POST_ALTER || access == OAT_TRUNCATE;
}

void Note(ObjectAccessType access, Oid class_id, Oid object, void* argument) {
  if (class_id == RelationRelationId && !IsInternal(access, argument)) NoteChange(object);
  if (class_id != InheritsRelationId) return;
  NoteChange(object);
  NoteParent(access, argument);
}

void PassOn(ObjectAccessType access, Oid class_id, Oid object, int column, void* argument) {
  if (previous_access != nullptr) previous_access(access, class_id, object, column, argument);
}

pg_noinline void OnChange(ObjectAccessType access, Oid class_id, Oid object, int column, void* argument) {
  Note(access, class_id, object, argument);
  PassOn(access, class_id, object, column, argument);
}

// Called for each function that a statement names, too: by far the most calls.
void OnAccess(ObjectAccessType access, Oid class_id, Oid object, int column, void* argument) {
  if (likely(access == OAT_FUNCTION_EXECUTE && previous_access == nullptr)) return;
  if (unlikely(IsChange(access))) return OnChange(access, class_id, object, column, argument);
  PassOn(access, class_id, object, column, argument);
}

}  // namespace

void InstallObjectHook() {
  previous_access = object_access_hook;
  object_access_hook = OnAccess;
}

}  // namespace steward::changes
