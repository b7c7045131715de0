//! `POST /webhooks/{platform}/{store}`: verify, dedupe, enqueue, answer.

use causeway_domain::Timestamp;
use causeway_flows::Wired;
use causeway_flows::receive::{Reply, receive};
use causeway_platforms::RawRequest;
use causeway_telemetry::StdoutSink;
use lambda_http::{Body, Error, Request, RequestExt as _, Response, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    causeway_telemetry::init();
    causeway_telemetry::install_panic_hook();
    let world = Wired::new(causeway_aws::ports().await?, StdoutSink, causeway_aws::random);
    lambda_http::run(service_fn(|request: Request| {
        let world = &world;
        async move {
            let (platform, store) = route(request.raw_http_path());
            let (platform, store) = (platform.to_owned(), store.to_owned());
            let reply = receive(world, &platform, &store, raw(request)).await;
            answer(reply)
        }
    }))
    .await
}

/// The last two segments of the path. The API has no other route, so anything else is an unknown
/// store, which the use case answers.
fn route(path: &str) -> (&str, &str) {
    let mut segments = path.trim_matches('/').rsplit('/');
    let store = segments.next().unwrap_or_default();
    let platform = segments.next().unwrap_or_default();
    (platform, store)
}

/// The request as it came: raw body, raw query, nothing decoded.
fn raw(request: Request) -> RawRequest {
    let (parts, body) = request.into_parts();
    let body = match body {
        Body::Text(text) => text.into_bytes(),
        Body::Binary(bytes) => bytes,
        // `Body` is the runtime's own open set; what is neither text nor bytes is no body.
        Body::Empty | _ => Vec::new(),
    };
    RawRequest {
        method: parts.method,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: body.into(),
        received_at: Timestamp::now(),
    }
}

fn answer(reply: Reply) -> Result<Response<Body>, Error> {
    let response = Response::builder()
        .status(reply.status)
        .header("content-type", reply.content_type)
        .header("x-content-type-options", "nosniff")
        .body(Body::from(reply.body))?;
    Ok(response)
}
