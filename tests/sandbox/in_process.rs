//! The fakes without sockets.

use crate::{Reply, Server};
use bytes::Bytes;
use causeway_domain::ports::{Call, Http, NoAnswer};
use std::sync::Arc;

/// An [`Http`] port that routes by the longest matching base URL. An unknown host is "not sent".
#[derive(Clone, Default)]
pub struct InProcess {
    routes: Vec<(String, Arc<dyn Server>)>,
}

impl InProcess {
    /// Adds a server below a base URL such as `https://acme.example.test`.
    pub fn with(mut self, base_url: &str, server: Arc<dyn Server>) -> Self {
        self.routes.push((base_url.trim_end_matches('/').to_owned(), server));
        self.routes.sort_by_key(|(base, _)| std::cmp::Reverse(base.len()));
        self
    }

    /// Sends without waiting: the synchronous heart of the port.
    pub fn deliver(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, NoAnswer> {
        let url = request.uri().to_string();
        let Some((base, server)) = self.routes.iter().find(|(base, _)| {
            url.strip_prefix(base.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        }) else {
            return Err(NoAnswer::NotSent(format!(
                "no server for {}",
                request.uri().host().unwrap_or("-")
            )));
        };
        let rest = &url[base.len()..];
        let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        let (mut parts, body) = request.into_parts();
        parts.uri = rest.parse().map_err(|_| NoAnswer::NotSent("bad path".to_owned()))?;
        match server.handle(http::Request::from_parts(parts, body)) {
            Reply::Now(answer) | Reply::After(_, answer) => Ok(answer),
            Reply::Drop => Err(NoAnswer::Lost("connection closed".to_owned())),
        }
    }
}

impl Http for InProcess {
    async fn send(&self, call: Call) -> Result<http::Response<Bytes>, NoAnswer> {
        // Give other tasks their turn, so that races happen in tests as they do over sockets.
        tokio::task::yield_now().await;
        let answer = self.deliver(call.request);
        tokio::task::yield_now().await;
        answer
    }
}
