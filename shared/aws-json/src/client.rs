//! One service, called by POST.

use crate::failure::CallError;
use crate::signer::{Signer, Style};
use aws_types::SdkConfig;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};
use url::Url;

/// The longest that a connection may take. A platform waits five seconds for our answer (Shopify): a lost
/// packet must fit in twice.
pub const CONNECT: Duration = Duration::from_secs(1);
/// The longest that one try may take.
pub const ONE_TRY: Duration = Duration::from_secs(3);
/// The longest that all tries and the pauses between them may take.
pub const ALL_TRIES: Duration = Duration::from_secs(8);
/// How often a call is tried.
pub const TRIES: u32 = 4;
/// The first pause before another try, doubled from then on; a random part of it is waited.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Shorter than what AWS keeps idle connections for.
const IDLE: Duration = Duration::from_secs(60);

const MEDIA_TYPE: &str = "application/x-amz-json-1.0";
const TARGET: &str = "x-amz-target";

/// Connections that services share, and their TLS configuration, which is built with the first call, so
/// that who makes none does not pay for it.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<OnceLock<Option<reqwest::Client>>>);

/// A service that speaks the JSON protocol, as SQS and DynamoDB do.
///
/// A call whose answer is lost is made again: use it for what may be repeated.
#[derive(Debug)]
pub struct AwsJson {
    signer: Signer,
    prefix: &'static str,
    endpoint: Option<Url>,
    connections: Connections,
}

impl AwsJson {
    /// A service by its signing name (`dynamodb`) and what stands before the operation in `x-amz-target`
    /// (`DynamoDB_20120810`), at `endpoint`. Without an endpoint every call fails for want of a region,
    /// which is what it follows from.
    pub fn new(
        config: &SdkConfig,
        service: &'static str,
        prefix: &'static str,
        endpoint: Option<Url>,
        connections: Connections,
    ) -> Self {
        let signer = Signer::new(config, service, Style::Usual);
        Self { signer, prefix, endpoint, connections }
    }

    /// Calls an operation (`PutItem`) with arguments in the shape of the service's API reference, and
    /// reads its answer. Up to four tries in eight seconds.
    pub async fn call<A: DeserializeOwned>(
        &self,
        operation: &str,
        arguments: &impl Serialize,
    ) -> Result<A, CallError> {
        let body = serde_json::to_vec(arguments).map_err(|_| CallError::Unbuilt)?;
        let target = format!("{}.{operation}", self.prefix);
        let body = Bytes::from(body);
        let answer = tries(|| self.once(&target, body.clone())).await?;
        serde_json::from_slice(&answer).map_err(|_| CallError::Unreadable)
    }

    async fn once(&self, target: &str, body: Bytes) -> Result<Bytes, CallError> {
        let request = self.request(target, body).await?;
        let client = self.connections.0.get_or_init(build).as_ref().ok_or(CallError::Unbuilt)?;
        let answer = client.execute(request).await.map_err(|error| unanswered(&error))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| unanswered(&error))?;
        if status.is_success() { Ok(body) } else { Err(CallError::refused(status, &body)) }
    }

    async fn request(&self, target: &str, body: Bytes) -> Result<reqwest::Request, CallError> {
        let endpoint = self.endpoint.clone().ok_or(crate::Unsigned::NoRegion)?;
        let signed = [(CONTENT_TYPE.as_str(), MEDIA_TYPE), (TARGET, target)];
        let url = endpoint.as_str();
        let headers = self.signer.headers("POST", url, &signed, &body, SystemTime::now()).await?;
        let mut request = reqwest::Request::new(Method::POST, endpoint);
        *request.headers_mut() = headers;
        let target = HeaderValue::from_str(target).map_err(|_| CallError::Unbuilt)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        request.headers_mut().insert(HeaderName::from_static(TARGET), target);
        *request.timeout_mut() = Some(ONE_TRY);
        *request.body_mut() = Some(body.into());
        Ok(request)
    }
}

/// Tries until one ends for good.
async fn tries<F, Once>(mut once: F) -> Result<Bytes, CallError>
where
    F: FnMut() -> Once,
    Once: Future<Output = Result<Bytes, CallError>>,
{
    let mut pauses = (0..TRIES - 1).map(|doubled| FIRST_PAUSE * 2_u32.saturating_pow(doubled));
    let all = async {
        loop {
            match (once().await, pauses.next()) {
                (Err(error), Some(longest)) if error.passing() => {
                    tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
                }
                (ended, _) => return ended,
            }
        }
    };
    tokio::time::timeout(ALL_TRIES, all).await.map_err(|_| CallError::TimedOut)?
}

fn build() -> Option<reqwest::Client> {
    reqwest::Client::builder()
        .use_rustls_tls()
        .min_tls_version(reqwest::tls::Version::TLS_1_2)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .http1_only()
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .user_agent(concat!("Causeway/", env!("CARGO_PKG_VERSION")))
        .build()
        .ok()
}

fn unanswered(error: &reqwest::Error) -> CallError {
    if error.is_timeout() { CallError::TimedOut } else { CallError::NoAnswer }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::time::Instant;

    fn refused(code: &str, passing: bool) -> CallError {
        CallError::Refused { code: code.to_owned(), passing }
    }

    /// Tries that end like this, one after the other: what comes of them, and how many were made.
    async fn tried(ends: &[Result<(), CallError>]) -> (Result<Bytes, CallError>, usize) {
        let mut made = 0;
        let mut ends = ends.iter();
        let ended = tries(|| {
            made += 1;
            let end = ends.next().unwrap().clone().map(|()| Bytes::from_static(b"{}"));
            async { end }
        })
        .await;
        (ended, made)
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_tried_again_and_what_will_not_is_told_at_once() {
        let good = Ok(Bytes::from_static(b"{}"));
        let throttled = || Err(refused("ThrottlingException", true));
        assert_eq!(tried(&[Ok(())]).await, (good.clone(), 1));
        let lost = [Err(CallError::NoAnswer), Err(CallError::TimedOut), throttled(), Ok(())];
        assert_eq!(tried(&lost).await, (good, 4));
        let mistake = refused("ValidationException", false);
        assert_eq!(tried(&[throttled(), Err(mistake.clone())]).await, (Err(mistake), 2));
        let gone = [throttled(), throttled(), throttled(), throttled()];
        assert_eq!(tried(&gone).await, (Err(refused("ThrottlingException", true)), 4));
    }

    /// A platform does not wait longer for its answer.
    #[tokio::test(start_paused = true)]
    async fn a_silent_service_is_given_up_after_eight_seconds() {
        let began = Instant::now();
        let silent = tries(|| async {
            tokio::time::sleep(ONE_TRY).await;
            Err(CallError::TimedOut)
        });
        assert_eq!(silent.await, Err(CallError::TimedOut));
        assert_eq!(began.elapsed().as_secs(), ALL_TRIES.as_secs());
    }
}
