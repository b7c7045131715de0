//! A small host of the Lambda Runtime API (AWS, "Using the Lambda runtime API", 2018-06-01), so that an
//! unmodified function binary runs outside of Lambda.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// What a function answered.
pub enum Answer {
    Response(Bytes),
    /// An invocation that failed, or the start.
    Error(String),
}

/// The host of one function; stops when dropped.
pub struct RuntimeApi {
    pub address: SocketAddr,
    events: UnboundedSender<Bytes>,
    asked: UnboundedReceiver<Instant>,
    answers: UnboundedReceiver<(Instant, Answer)>,
    task: JoinHandle<()>,
}

struct Shared {
    events: Mutex<UnboundedReceiver<Bytes>>,
    asked: UnboundedSender<Instant>,
    answers: UnboundedSender<(Instant, Answer)>,
}

/// Longer than any start or invocation takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

impl RuntimeApi {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        let (events, incoming) = unbounded_channel();
        let (asked_by, asked) = unbounded_channel();
        let (answered_by, answers) = unbounded_channel();
        let shared = Arc::new(Shared {
            events: Mutex::new(incoming),
            asked: asked_by,
            answers: answered_by,
        });
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(error))
            .with_state(shared);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, events, asked, answers, task }
    }

    /// When the function asked for work.
    pub async fn asked(&mut self) -> Instant {
        tokio::select! {
            asked = self.asked.recv() => asked.unwrap(),
            answer = self.answers.recv() => match answer.unwrap().1 {
                Answer::Error(text) => panic!("the function did not start: {text}"),
                Answer::Response(_) => panic!("an answer to nothing"),
            },
            () = tokio::time::sleep(PATIENCE) => panic!("the function did not start"),
        }
    }

    /// One invocation: what was answered, and when.
    pub async fn invoke(&mut self, event: Bytes) -> (Instant, Answer) {
        self.events.send(event).unwrap();
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        answer.expect("the function answers").unwrap()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let _ = shared.asked.send(Instant::now());
    let Some(event) = shared.events.lock().await.recv().await else {
        // The host is going away, and so is the function.
        return std::future::pending().await;
    };
    let deadline = SystemTime::now() + Duration::from_secs(170);
    let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .header("lambda-runtime-deadline-ms", deadline.to_string())
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:bench",
        )
        .header(
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
        )
        .body(Body::from(event))
        .unwrap()
}

async fn response(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let _ = shared.answers.send((Instant::now(), Answer::Response(body)));
    StatusCode::ACCEPTED
}

async fn error(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let text = String::from_utf8_lossy(&body).into_owned();
    let _ = shared.answers.send((Instant::now(), Answer::Error(text)));
    StatusCode::ACCEPTED
}
