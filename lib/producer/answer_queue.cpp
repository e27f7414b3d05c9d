#include "producer/answer_queue.hpp"

#include <utility>
#include <vector>

#include "cluster/answers.hpp"

namespace kafka::producer {

AnswerQueue::AnswerQueue(session::Core& session, Accumulator& accumulator, Requests& requests, Settler& settler,
                         Reports& reports, Function<void()> settled)
    : session_(session),
      accumulator_(accumulator),
      requests_(requests),
      settler_(settler),
      reports_(reports),
      settled_(std::move(settled)) {}

void AnswerQueue::add(std::shared_ptr<Request> request, Error error, protocol::ProduceResponse& response,
                      const cluster::CallInfo& info) {
  request->answered = true;
  request->info = nullptr;
  // To take a long answer apart is work enough for this turn.
  const bool is_long = request->batches.size() > kMostATurn;
  answers_.push_back({std::move(request), std::move(error), std::move(response), info});
  if (answers_.size() == 1 && is_long) match(answers_.front());
  settle(is_long || scheduled_ ? 0 : kMostATurn);
}

void AnswerQueue::stop() {
  scope_.end();
  answers_.clear();
}

// Notes with each batch of the request what the answer says of it; null where the leader left it out.
void AnswerQueue::match(Answer& answer) {
  answer.matched = true;
  if (answer.error || answer.info.version < 0) return;
  std::vector<Partition*> answered;
  for (const auto& topic : answer.response.responses) {
    const Topic* const known = accumulator_.find(cluster::topic_name(session_.metadata(), topic.name, topic.topic_id));
    if (known == nullptr) continue;
    const auto& partitions = topic.partition_responses;
    for (size_t i = 0; i < partitions.size(); ++i) {
      constexpr size_t kAhead = 8;
      if (i + kAhead < partitions.size()) {
        if (const Partition* const next = known->find(partitions[i + kAhead].index)) fetch(*next);
      }
      Partition* const partition = known->find(partitions[i].index);
      if (partition == nullptr || partition->answered != nullptr) continue;  // the first of a repeated one counts
      partition->answered = &partitions[i];
      answered.push_back(partition);
    }
  }
  cluster::learn_endpoints(session_.metadata(), answer.response);
  for (SentBatch& sent : answer.request->batches) sent.answer = sent.partition->answered;
  for (Partition* partition : answered) partition->answered = nullptr;
}

// The rest waits for the next turn.
void AnswerQueue::settle(size_t most) {
  {
    const Reports::Gathering gathering(reports_);
    while (!answers_.empty() && settle(answers_.front(), most)) {
      requests_.remove(answers_.front().request);
      answers_.pop_front();
    }
  }
  settled_();
  if (answers_.empty() || std::exchange(scheduled_, true)) return;
  session_.callbacks().run_work(lane_, [this, guard = scope_.guard()](session::Budget&) {
    if (!guard.alive()) return true;
    scheduled_ = false;
    settle(kMostATurn);
    return true;
  });
}

// True if no batch of the answer is left.
bool AnswerQueue::settle(Answer& answer, size_t& most) {
  std::vector<SentBatch>& batches = answer.request->batches;
  if (most == 0 && !batches.empty()) return false;
  if (!answer.matched) match(answer);
  settler_.begin();
  // Back to front, so that several batches of one partition keep their order when they return to its front.
  for (; !batches.empty() && most > 0; --most) {
    constexpr size_t kStep = 4;
    const size_t i = batches.size() - 1;
    if (i >= 2 * kStep) {
      fetch(*batches[i - 2 * kStep].partition);
      fetch(*batches[i - 2 * kStep].batch);
    }
    if (i >= kStep) fetch(batches[i - kStep].batch->sealed.block(), 1);
    SentBatch sent = std::move(batches.back());
    batches.pop_back();
    --sent.partition->in_flight;
    settler_.settle(std::move(sent), answer.error, answer.info);
  }
  return batches.empty();
}

}  // namespace kafka::producer
