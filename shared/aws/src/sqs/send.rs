//! Sending, in tens.

use super::batch::{Entry, Refusal, SendMessageBatch, Sent};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use causeway_aws_json::AwsJson;
use causeway_domain::ports::{Queue, QueueRole};
use causeway_domain::{Fault, Nudge};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Entries per call (SQS API reference, SendMessageBatch).
const BATCH: usize = 10;
/// Rounds for entries that a call did not take, with a doubling pause.
const ROUNDS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest delay of a message.
const LONGEST_DELAY: Duration = Duration::from_secs(15 * 60);
/// Longest reason on a dead letter, in characters.
const LONGEST_REASON: usize = 1000;

/// Our queues on SQS. Standard queues; the message group is the store, so that one store's flood does
/// not hold up the others (SQS fair queues).
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    sending: Arc<AwsJson>,
    urls: HashMap<QueueRole, String>,
}

/// A message that is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The queue's id of the message.
    pub message_id: String,
    /// The body as it was.
    pub body: String,
    /// The message group: the store, if it is known.
    pub group: Option<String>,
    /// Why; free of personal data.
    pub reason: String,
}

impl SqsQueue {
    /// Queues by role. What is sent goes by `sending`, which is SQS too: every webhook sends.
    pub fn new(client: Client, sending: Arc<AwsJson>, urls: HashMap<QueueRole, String>) -> Self {
        Self { client, sending, urls }
    }

    fn url(&self, role: QueueRole) -> Result<&str, Fault> {
        let url = self.urls.get(&role).map(String::as_str);
        url.ok_or_else(|| Fault::retry(format!("no queue is configured for {role:?}")))
    }

    /// Moves messages to a dead-letter queue, with the reason and the old message id as attributes.
    /// `Ok` means every one is stored.
    pub async fn send_dead(&self, role: QueueRole, letters: &[DeadLetter]) -> Result<(), Fault> {
        let url = self.url(role)?;
        for chunk in letters.chunks(BATCH) {
            let entries = chunk.iter().enumerate().map(|(at, letter)| {
                let reason: String = letter.reason.chars().take(LONGEST_REASON).collect();
                Entry::new(at, letter.body.clone())
                    .in_group(letter.group.clone())
                    .with_attribute("Reason", reason)
                    .with_attribute("SourceMessageId", letter.message_id.clone())
            });
            self.send_entries(url, entries.collect()).await?;
        }
        Ok(())
    }

    /// Sets when a received message is seen again, from now. SQS refuses more than twelve hours since
    /// its receive.
    pub async fn change_visibility(
        &self,
        role: QueueRole,
        changes: &[(String, Duration)],
    ) -> Result<(), Fault> {
        let url = self.url(role)?;
        for chunk in changes.chunks(BATCH) {
            let entries = chunk.iter().enumerate().map(|(at, (handle, pause))| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(at.to_string())
                    .receipt_handle(handle)
                    .visibility_timeout(seconds(*pause))
                    .build()
                    .map_err(|_| unbuilt())
            });
            let answer = self
                .client
                .change_message_visibility_batch()
                .queue_url(url)
                .set_entries(Some(entries.collect::<Result<_, Fault>>()?))
                .send()
                .await
                .map_err(|error| unavailable("ChangeMessageVisibilityBatch", &error))?;
            if let Some(failed) = answer.failed.first() {
                let code = &failed.code;
                return Err(Fault::retry(format!(
                    "SQS ChangeMessageVisibilityBatch: entry refused with {code}"
                )));
            }
        }
        Ok(())
    }

    /// Sends one batch; what the call did not take is sent again. An entry that is our own mistake
    /// is an error at once.
    async fn send_entries(&self, url: &str, mut open: Vec<Entry>) -> Result<(), Fault> {
        const CALL: &str = "SendMessageBatch";
        let mut last = None;
        for round in 0..ROUNDS {
            if let Some(doubled) = round.checked_sub(1) {
                tokio::time::sleep(FIRST_PAUSE * 2_u32.saturating_pow(doubled)).await;
            }
            let arguments = SendMessageBatch { queue_url: url, entries: &open };
            let sent: Sent = self
                .sending
                .call(CALL, &arguments)
                .await
                .map_err(|error| Fault::retry(format!("SQS {CALL}: {error}")))?;
            open = sent.left(open).map_err(|mistake| refused(CALL, mistake))?;
            if open.is_empty() {
                return Ok(());
            }
            last = sent.refusal();
        }
        Err(last.map_or_else(
            || Fault::retry(format!("SQS {CALL}: the answer names no message")),
            |failed| refused(CALL, &failed),
        ))
    }
}

impl Queue for SqsQueue {
    async fn send(&self, queue: QueueRole, nudges: &[Nudge], delay: Duration) -> Result<(), Fault> {
        let url = self.url(queue)?;
        let delay = delay.min(LONGEST_DELAY).as_secs();
        for chunk in nudges.chunks(BATCH) {
            let entries = chunk.iter().enumerate().map(|(at, nudge)| {
                let body = serde_json::to_string(nudge).map_err(|_| unbuilt())?;
                let group = Some(nudge.store.to_string());
                Ok(Entry::new(at, body).in_group(group).delayed((delay > 0).then_some(delay)))
            });
            self.send_entries(url, entries.collect::<Result<_, Fault>>()?).await?;
        }
        Ok(())
    }
}

fn seconds(pause: Duration) -> i32 {
    i32::try_from(pause.as_secs()).unwrap_or(i32::MAX)
}

fn unbuilt() -> Fault {
    Fault::retry("SQS: the request could not be built")
}

fn unavailable<E: ProvideErrorMetadata>(call: &str, error: &SdkError<E>) -> Fault {
    Fault::retry(format!("SQS {call}: {}", error.code().unwrap_or("no answer")))
}

fn refused(call: &str, entry: &Refusal) -> Fault {
    Fault::retry(format!("SQS {call}: entry refused with {}", entry.code))
}
