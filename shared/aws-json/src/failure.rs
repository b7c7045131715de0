//! Why a call failed, and whether the same call may succeed later.

use crate::signer::Unsigned;
use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use http::StatusCode;
use serde::Deserialize;

/// A call that failed, after all its tries. Holds codes only: messages of a service can quote an item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Never sent.
    #[error("{0}")]
    Unsigned(#[from] Unsigned),
    /// The arguments are no JSON, which is our own mistake.
    #[error("request could not be built")]
    Unbuilt,
    /// No connection, or it broke; whether the call was carried out is not known.
    #[error("no answer")]
    NoAnswer,
    /// No answer in time; whether the call was carried out is not known.
    #[error("timed out")]
    TimedOut,
    /// The service refused it with this code.
    #[error("{code}")]
    Refused {
        /// Such as `ResourceNotFoundException`.
        code: String,
        /// Whether the same call may succeed later: throttled, or the service failed.
        passing: bool,
    },
    /// It succeeded, and the answer is not what it should be.
    #[error("answer unreadable")]
    Unreadable,
}

impl CallError {
    /// Whether the call is worth another try.
    pub(crate) fn passing(&self) -> bool {
        match self {
            Self::NoAnswer | Self::TimedOut => true,
            Self::Refused { passing, .. } => *passing,
            Self::Unsigned(_) | Self::Unbuilt | Self::Unreadable => false,
        }
    }

    /// What an answer other than success says: `{"__type": "namespace#Code"}`, sometimes with
    /// `:http://...` behind it (Smithy, "AWS JSON 1.0 protocol", operation error serialization).
    pub(crate) fn refused(status: StatusCode, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(rename = "__type")]
            kind: String,
        }
        let answer = serde_json::from_slice::<Answer>(body).ok();
        let code = answer.as_ref().map(|answer| bare(&answer.kind)).filter(|code| !code.is_empty());
        let code = code.map_or_else(|| format!("HTTP {}", status.as_u16()), str::to_owned);
        let known = |codes: &[&str]| codes.contains(&code.as_str());
        let passing = status.is_server_error()
            || status == StatusCode::TOO_MANY_REQUESTS
            || known(THROTTLING_ERRORS)
            || known(TRANSIENT_ERRORS);
        Self::Refused { code, passing }
    }
}

fn bare(kind: &str) -> &str {
    let name = kind.rsplit_once('#').map_or(kind, |(_, name)| name);
    name.split(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_in_every_form_and_say_whether_to_try_again() {
        let throttled = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
        let cases = [
            (400, r#"{"__type": "ResourceNotFoundException"}"#, "ResourceNotFoundException", false),
            (
                400,
                &format!(r#"{{"__type": "{throttled}", "message": "x"}}"#),
                bare(throttled),
                true,
            ),
            (400, r#"{"__type": "a#ThrottlingException:http://b/"}"#, "ThrottlingException", true),
            (400, r#"{"__type": "InternalFailure"}"#, "InternalFailure", false),
            (500, r#"{"__type": "InternalFailure"}"#, "InternalFailure", true),
            (400, "<html>", "HTTP 400", false),
            (403, r#"{"__type": ""}"#, "HTTP 403", false),
            (429, "", "HTTP 429", true),
            (503, "", "HTTP 503", true),
        ];
        for (status, body, code, passing) in cases {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            let error = CallError::refused(status, body.as_bytes());
            assert_eq!(error, CallError::Refused { code: code.to_owned(), passing }, "{body}");
            assert_eq!((error.to_string().as_str(), error.passing()), (code, passing));
        }
    }
}
