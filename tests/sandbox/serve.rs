//! The fakes over HTTP, on loopback.

use crate::{Reply, Server};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use std::net::SocketAddr;
use std::sync::Arc;

/// A running server; stops when dropped.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves `routes` (path prefix such as `/odoo` and its server) on a loopback address; port 0 picks
/// a free one.
pub async fn serve(
    address: SocketAddr,
    routes: Vec<(String, Arc<dyn Server>)>,
) -> std::io::Result<Running> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let mut routes = routes;
    routes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    let routes = Arc::new(routes);
    let app = axum::Router::new().fallback(move |request: Request| {
        let routes = Arc::clone(&routes);
        async move { answer(&routes, request).await }
    });
    let task = tokio::spawn(async move {
        let _ = axum::serve(listener, app).await;
    });
    Ok(Running { address, task })
}

async fn answer(routes: &[(String, Arc<dyn Server>)], request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let Some((prefix, server)) = routes.iter().find(|(prefix, _)| {
        path.strip_prefix(prefix.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }) else {
        return status(404);
    };
    let rest = &path[prefix.len()..];
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    let (mut parts, body) = request.into_parts();
    let Ok(uri) = rest.parse() else { return status(400) };
    parts.uri = uri;
    let Ok(body) = to_bytes(body, 32 * 1024 * 1024).await else { return status(413) };
    let server = Arc::clone(server);
    let reply =
        tokio::task::spawn_blocking(move || server.handle(http::Request::from_parts(parts, body)))
            .await;
    match reply {
        Ok(Reply::Now(answer)) => answer.map(Body::from),
        Ok(Reply::After(pause, answer)) => {
            tokio::time::sleep(pause).await;
            answer.map(Body::from)
        }
        // A body that fails makes the server close the connection.
        Ok(Reply::Drop) => Response::new(Body::from_stream(futures::stream::once(async {
            Err::<bytes::Bytes, _>(std::io::Error::other("closed"))
        }))),
        Err(_) => status(500),
    }
}

fn status(code: u16) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap();
    response
}
