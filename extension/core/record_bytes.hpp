// Plain structs and byte strings written into, and read from, a buffer that somebody else owns. Owns the bounds checks and
// nothing else: what the bytes mean, and whether they are what was written, is the caller's business.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

namespace steward::core {

/// Appends to a buffer. What does not fit is left out and makes ok() false for good.
class RecordWriter {
 public:
  RecordWriter(char* buffer, size_t capacity) : buffer_(buffer), capacity_(capacity) {}

  template <typename T>
  void Put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (char* to = Reserve(sizeof value)) memcpy(to, &value, sizeof value);
  }

  /// `length` bytes for the caller to fill; null when there is no room.
  [[nodiscard]] char* Reserve(size_t length) {
    if (!ok_ || length > room()) {
      ok_ = false;
      return nullptr;
    }
    size_ += length;
    return buffer_ + size_ - length;
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] size_t room() const { return capacity_ - size_; }

 private:
  char* buffer_;
  size_t capacity_;
  size_t size_ = 0;
  bool ok_ = true;
};

/// Takes from the front of `size` bytes. Taking more than is left takes nothing and makes ok() false for good.
class RecordReader {
 public:
  RecordReader(const char* data, size_t size) : data_(data), left_(size) {}

  /// False leaves `value` as it was.
  template <typename T>
  bool Take(T* value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const char* from = TakeBytes(sizeof *value);
    if (from == nullptr) return false;
    memcpy(static_cast<void*>(value), from, sizeof *value);
    return true;
  }

  /// The next `length` bytes, where they lie; null when fewer are left.
  [[nodiscard]] const char* TakeBytes(size_t length) {
    if (!ok_ || length > left_) {
      ok_ = false;
      return nullptr;
    }
    const char* from = data_;
    data_ += length;
    left_ -= length;
    return from;
  }

  [[nodiscard]] bool ok() const { return ok_; }
  /// True when everything was taken and nothing was missing.
  [[nodiscard]] bool Exhausted() const { return ok_ && left_ == 0; }

 private:
  const char* data_;
  size_t left_;
  bool ok_ = true;
};

}  // namespace steward::core
