#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "documents.h"
#include "roux/model/language_model.h"

namespace roux::tool {

// How a document is scored that is longer than `size` tokens: in windows of that many, each
// beginning `stride` behind the one before. Of a window only what the one before did not reach is
// scored, so that every token but those of the first stands behind at least size - stride others.
struct Windows {
  std::int64_t size;
  std::int64_t stride;  // less than size
};

// Scores documents and prints what comes out, in their order: short ones together, since they would
// leave the processor idle. One thread at a time.
class Scorer {
 public:
  // `model` must outlive it.
  Scorer(LanguageModel& model, Windows windows) : model_(model), windows_(windows) {}

  // Prints it now, or with others. Throws DataError if the model has no such token.
  void add(Document document);

  // Prints what is held back. Throws DataError where a score is no number, Error if the standard
  // output can't be written.
  void flush();

  // The perplexity of all that was printed, on the standard error.
  void print_total() const;

 private:
  std::vector<double> score(const std::vector<Document>& documents);
  void score_long(const Document& document);
  void print(const Document& document, const std::vector<double>& scores);

  LanguageModel& model_;
  Windows windows_;
  std::vector<Document> waiting_;
  std::size_t waiting_tokens_ = 0;
  bool has_said_windows_ = false;
  double log_probability_ = 0.0;
  std::int64_t tokens_ = 0;
};

}  // namespace roux::tool
