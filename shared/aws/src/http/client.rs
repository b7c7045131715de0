//! The client: one request, one answer, or certainty about what is not known.

use super::limiter::{Limiter, Permit, Signal, TooLong};
use super::retry_after::retry_after;
use crate::environment::ALLOW_HTTP;
use bytes::{Bytes, BytesMut};
use causeway_domain::Timestamp;
use causeway_domain::ports::{Call, Effect, Http, NoAnswer};
use http::{Response, StatusCode, Uri};
use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::time::Instant;

/// Largest answer that is read.
pub const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
const CONNECT: Duration = Duration::from_secs(5);
/// Shorter than what servers and NAT gateways keep idle connections for, and than a Lambda's sleep:
/// a write on a connection that died unnoticed would be one with an unknown outcome.
const IDLE: Duration = Duration::from_secs(15);
/// A write may wait this long for its turn: what remains of its timeout (130 s) must still exceed
/// Odoo's `limit_time_real` (120 s), after which nothing commits any more.
const LONGEST_WAIT_OF_A_WRITE: Duration = Duration::from_secs(5);

/// Requests over TLS 1.2 or newer with the Mozilla roots; no redirects, no cookies. `http://` only to
/// this machine unless allowed. The TLS configuration is built with the first request, so that a
/// function that sends none does not pay for it.
#[derive(Debug)]
pub struct HttpClient {
    allow_http: bool,
    limiter: Limiter,
    outside: OnceLock<Option<reqwest::Client>>,
    loopback: OnceLock<Option<reqwest::Client>>,
}

impl HttpClient {
    /// A client; `allow_http` also allows `http://` to other machines (for test networks).
    pub fn new(allow_http: bool) -> Self {
        Self {
            allow_http,
            limiter: Limiter::default(),
            outside: OnceLock::new(),
            loopback: OnceLock::new(),
        }
    }

    fn client(&self, host: &str) -> Result<&reqwest::Client, NoAnswer> {
        let local = is_loopback(host);
        let cell = if local { &self.loopback } else { &self.outside };
        let client = cell.get_or_init(|| build(local));
        client.as_ref().ok_or_else(|| NoAnswer::NotSent("no TLS configuration".to_owned()))
    }

    /// The host, if the URL may be used.
    fn allowed<'a>(&self, uri: &'a Uri) -> Result<&'a str, NoAnswer> {
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| NoAnswer::NotSent("the URL has no host".to_owned()))?;
        match uri.scheme_str() {
            Some("https") => Ok(host),
            Some("http") if self.allow_http || is_loopback(host) => Ok(host),
            Some("http") => Err(NoAnswer::NotSent(format!(
                "http:// to {host} is not allowed: use https://, or set {ALLOW_HTTP}=1"
            ))),
            Some(_) | None => Err(NoAnswer::NotSent("the URL is not http(s)".to_owned())),
        }
    }
}

fn build(local: bool) -> Option<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .use_rustls_tls()
        .min_tls_version(reqwest::tls::Version::TLS_1_2)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .tcp_keepalive(IDLE)
        .user_agent(concat!("Causeway/", env!("CARGO_PKG_VERSION")));
    // A proxy from the environment is for the outside only.
    if local { builder.no_proxy() } else { builder }.build().ok()
}

/// `localhost`, 127.0.0.0/8, `[::1]`.
fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// How long a call may wait for its turn; the rest of its timeout is for the answer.
fn longest_wait(call: &Call) -> Duration {
    let half = call.timeout / 2;
    match call.effect {
        Effect::Read => half,
        Effect::Write => half.min(LONGEST_WAIT_OF_A_WRITE),
    }
}

impl Http for HttpClient {
    async fn send(&self, call: Call) -> Result<Response<Bytes>, NoAnswer> {
        let began = Instant::now();
        let host = self.allowed(call.request.uri())?.to_owned();
        let client = self.client(&host)?;
        let lane = call.request.uri().authority().map_or(host.as_str(), |a| a.as_str()).to_owned();
        let permit = self
            .limiter
            .enter(&lane, began + longest_wait(&call))
            .await
            .map_err(|error| too_long(&host, &error))?;
        let request = reqwest::Request::try_from(call.request)
            .map_err(|_| NoAnswer::NotSent(format!("{host}: the request cannot be built")))?;
        let exchange = tokio::time::timeout_at(began + call.timeout, exchange(client, request));
        let answer = match exchange.await {
            Ok(answer) => answer.map_err(|error| error.no_answer(&host)),
            Err(_) => Err(NoAnswer::Lost(format!("{host}: timed out after {:?}", call.timeout))),
        };
        learn(permit, &answer);
        answer
    }
}

fn learn(permit: Permit, answer: &Result<Response<Bytes>, NoAnswer>) {
    let signal = match answer {
        Err(_) => Signal::Silent,
        Ok(answer) => {
            let pause = retry_after(answer.headers(), Timestamp::now());
            match answer.status() {
                StatusCode::TOO_MANY_REQUESTS => Signal::Throttled(pause),
                StatusCode::SERVICE_UNAVAILABLE if pause.is_some() => Signal::Throttled(pause),
                status if status.is_server_error() => Signal::Silent,
                _ => Signal::Answered,
            }
        }
    };
    permit.end(signal);
}

fn too_long(host: &str, error: &TooLong) -> NoAnswer {
    NoAnswer::NotSent(match error {
        TooLong::Closed(pause) => {
            format!("{host} asked for a pause, {} s are left", pause.as_secs())
        }
        TooLong::Full => format!("{host} is busy: requests to it queue up"),
    })
}

/// Why an exchange ended without an answer. Never holds the library's text: it quotes the URL.
#[derive(Debug, PartialEq, Eq)]
enum Broken {
    Unconnected,
    Interrupted,
    TooLarge,
}

impl Broken {
    fn of(error: &reqwest::Error) -> Self {
        if error.is_connect() || error.is_builder() { Self::Unconnected } else { Self::Interrupted }
    }

    fn no_answer(self, host: &str) -> NoAnswer {
        match self {
            Self::Unconnected => NoAnswer::NotSent(format!("no connection to {host}")),
            Self::Interrupted => NoAnswer::Lost(format!("{host}: connection broke")),
            Self::TooLarge => {
                NoAnswer::Lost(format!("{host}: answer larger than {LARGEST_ANSWER} bytes"))
            }
        }
    }
}

async fn exchange(
    client: &reqwest::Client,
    request: reqwest::Request,
) -> Result<Response<Bytes>, Broken> {
    let mut answer = client.execute(request).await.map_err(|error| Broken::of(&error))?;
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| Broken::Interrupted)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Broken::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(body.freeze());
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    Ok(response)
}
