//! Requests to our own servers on this machine.

use crate::report::Failure;
use bytes::Bytes;
use causeway_aws::HttpClient;
use causeway_domain::ports::{Call, Effect, Http as _};
use http::{Method, Request, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// Speaks HTTP to loopback addresses.
pub struct Loopback(HttpClient);

impl Loopback {
    /// A client.
    pub fn new() -> Self {
        Self(HttpClient::new(false))
    }

    /// Sends a request; any status is an answer.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, Failure> {
        let url = request.uri().to_string();
        let call = Call { name: "local", request, effect: Effect::Read, timeout };
        let answer = self.0.send(call).await;
        answer.map_err(|error| Failure::new(format!("{url}: {error}")))
    }

    /// Gets a text.
    pub async fn text(&self, url: &str) -> Result<String, Failure> {
        let answer = self.exchange(Method::GET, url, Bytes::new()).await?;
        String::from_utf8(answer.to_vec()).map_err(|_| Failure::new(format!("{url}: not text")))
    }

    /// Gets JSON.
    pub async fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, Failure> {
        parse(url, &self.exchange(Method::GET, url, Bytes::new()).await?)
    }

    /// Posts JSON and reads JSON.
    pub async fn post<T: DeserializeOwned>(&self, url: &str, body: &Value) -> Result<T, Failure> {
        parse(url, &self.exchange(Method::POST, url, Bytes::from(body.to_string())).await?)
    }

    async fn exchange(&self, method: Method, url: &str, body: Bytes) -> Result<Bytes, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header("content-type", "application/json")
            .body(body)
            .map_err(|error| Failure::new(format!("{url}: {error}")))?;
        let answer = self.send(request, Duration::from_secs(30)).await?;
        if answer.status().is_success() {
            return Ok(answer.into_body());
        }
        let said: String = String::from_utf8_lossy(answer.body()).chars().take(300).collect();
        Err(Failure::new(format!("{url}: {} {said}", answer.status())))
    }
}

fn parse<T: DeserializeOwned>(url: &str, body: &Bytes) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::new(format!("{url}: {error}")))
}
