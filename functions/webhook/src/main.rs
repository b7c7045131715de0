//! `POST /webhooks/{platform}/{store}`: verify, dedupe, enqueue, answer.

// The futures of a whole run are nested deeper than the compiler follows by itself.
#![recursion_limit = "256"]

use causeway_domain::Timestamp;
use causeway_flows::Wired;
use causeway_flows::receive::{Reply, receive};
use causeway_platforms::RawRequest;
use causeway_telemetry::StdoutSink;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::http::header::{CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use lambda_http::{Body, Error, LambdaEvent, lambda_runtime, service_fn};

/// Takes the event of our one kind of trigger as it is: `lambda_http::run` scans every event once more to
/// find out which kind it is, which is a tenth of what a delivery costs (`make bench`).
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    causeway_telemetry::init();
    causeway_telemetry::install_panic_hook();
    let world = Wired::new(causeway_aws::ports().await?, StdoutSink, causeway_aws::random);
    lambda_runtime::run(service_fn(|event: LambdaEvent<ApiGatewayV2httpRequest>| {
        let world = &world;
        async move {
            let mut event = event.payload;
            let path = event.raw_path.take().unwrap_or_default();
            let (platform, store) = route(&path);
            Ok::<_, Error>(answer(receive(world, platform, store, raw(event)).await))
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
fn raw(event: ApiGatewayV2httpRequest) -> RawRequest {
    let body = match (event.body, event.is_base64_encoded) {
        (Some(text), false) => text.into_bytes(),
        (Some(text), true) => Body::from_maybe_encoded(true, &text).to_vec(),
        (None, _) => Vec::new(),
    };
    RawRequest {
        method: event.request_context.http.method,
        query: event.raw_query_string.unwrap_or_default(),
        headers: event.headers,
        body: body.into(),
        received_at: Timestamp::now(),
    }
}

fn answer(reply: Reply) -> ApiGatewayV2httpResponse {
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = reply.status.into();
    answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    answer.headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer.body = Some(Body::Text(reply.body));
    answer
}
