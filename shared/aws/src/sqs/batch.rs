//! SendMessageBatch in the shapes of the SQS API reference.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendMessageBatch<'a> {
    pub(super) queue_url: &'a str,
    pub(super) entries: &'a [Entry],
}

/// One message of a batch.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry {
    id: String,
    message_body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_seconds: Option<u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<&'static str, Attribute>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    data_type: &'static str,
    string_value: String,
}

impl Entry {
    /// The message at this place of its batch.
    pub(super) fn new(at: usize, message_body: String) -> Self {
        Self {
            id: at.to_string(),
            message_body,
            message_group_id: None,
            delay_seconds: None,
            message_attributes: BTreeMap::new(),
        }
    }

    pub(super) fn in_group(self, group: Option<String>) -> Self {
        Self { message_group_id: group, ..self }
    }

    /// Seen only after so many seconds.
    pub(super) fn delayed(self, seconds: Option<u64>) -> Self {
        Self { delay_seconds: seconds, ..self }
    }

    pub(super) fn with_attribute(mut self, name: &'static str, value: String) -> Self {
        // An attribute must not be empty.
        let string_value = if value.is_empty() { "-".to_owned() } else { value };
        self.message_attributes.insert(name, Attribute { data_type: "String", string_value });
        self
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sent {
    #[serde(default)]
    successful: Vec<Stored>,
    #[serde(default)]
    failed: Vec<Refusal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stored {
    id: String,
}

impl Sent {
    /// Why the first message was not taken that was not.
    pub(super) fn refusal(self) -> Option<Refusal> {
        self.failed.into_iter().next()
    }

    /// What of a batch is still to be sent, which is all that the answer does not name as stored; or the
    /// message that is our own mistake.
    pub(super) fn left(&self, mut open: Vec<Entry>) -> Result<Vec<Entry>, &Refusal> {
        if let Some(mistake) = self.failed.iter().find(|failed| failed.sender_fault) {
            return Err(mistake);
        }
        open.retain(|entry| !self.successful.iter().any(|stored| stored.id == entry.id));
        Ok(open)
    }
}

/// A message that was not taken.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Refusal {
    pub(super) code: String,
    /// Ours, so that sending it again would not help.
    #[serde(default)]
    sender_fault: bool,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn open() -> Vec<Entry> {
        (0..3).map(|at| Entry::new(at, format!("body {at}"))).collect()
    }

    fn sent(answer: serde_json::Value) -> Sent {
        serde_json::from_value(answer).unwrap()
    }

    /// R62. A message is stored when the answer says so, not when it says nothing.
    #[test]
    fn what_is_not_named_as_stored_is_still_to_be_sent() {
        let ids = |answer| {
            let left = sent(answer).left(open()).unwrap();
            left.into_iter().map(|entry| entry.id).collect::<Vec<_>>()
        };
        let all = json!({"Successful": [{"Id": "0"}, {"Id": "1"}, {"Id": "2"}], "Failed": []});
        assert!(ids(all).is_empty());
        let failed = json!({"Id": "1", "SenderFault": false, "Code": "InternalError"});
        let some = json!({"Successful": [{"Id": "0"}, {"Id": "2"}], "Failed": [failed]});
        assert_eq!(ids(some), ["1"]);
        assert_eq!(ids(json!({"Successful": [{"Id": "2"}]})), ["0", "1"]);
        assert_eq!(ids(json!({})), ["0", "1", "2"]);
    }

    #[test]
    fn our_own_mistake_is_named_and_not_sent_again() {
        let failed = json!({"Id": "1", "SenderFault": true, "Code": "InvalidMessageContents"});
        let answer = sent(json!({"Successful": [{"Id": "0"}], "Failed": [failed]}));
        assert_eq!(answer.left(open()).unwrap_err().code, "InvalidMessageContents");
    }
}
