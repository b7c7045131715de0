//! A server that takes requests to AWS as they arrive, and checks their signatures.

use aws_sdk_dynamodb::config::{Credentials, Region, SharedCredentialsProvider};
use aws_types::SdkConfig;
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use causeway_aws::Clients;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;

const SECRET: &str = "a secret key of nobody";

#[derive(Default)]
struct Shared {
    arrived: Mutex<VecDeque<Arrived>>,
    answers: Mutex<VecDeque<(StatusCode, Value)>>,
}

/// Answers what it is told to, in that order; stops when dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// A request as it arrived.
pub struct Arrived {
    pub method: String,
    pub path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Server {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let app = Router::new().fallback(take).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, shared, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A configuration for it, with a session's token as Lambda's have.
    pub fn config(&self) -> SdkConfig {
        let token = Some("a token of nobody".to_owned());
        let credentials = Credentials::new("AKIDNOBODY", SECRET, token, None, "test");
        Clients::config()
            .to_builder()
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(self.url())
            .build()
    }

    /// The answer to the next request that has none yet.
    pub fn answers(&self, status: u16, body: Value) {
        let status = StatusCode::from_u16(status).unwrap();
        self.shared.answers.lock().unwrap().push_back((status, body));
    }

    /// The oldest request that was not taken.
    pub fn next(&self) -> Arrived {
        self.shared.arrived.lock().unwrap().pop_front().expect("a request has arrived")
    }

    /// How many were not taken.
    pub fn arrived(&self) -> usize {
        self.shared.arrived.lock().unwrap().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(shared): State<Arc<Shared>>, request: Request) -> (StatusCode, String) {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
    let arrived = Arrived { method, path, headers: parts.headers, body };
    shared.arrived.lock().unwrap().push_back(arrived);
    let (status, answer) =
        shared.answers.lock().unwrap().pop_front().expect("an answer is prepared");
    (status, answer.to_string())
}

impl Arrived {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn target(&self) -> String {
        self.header("x-amz-target").to_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A part of the header `Authorization`, such as `Signature`.
    fn authorization(&self, part: &str) -> &str {
        let header = self.header("authorization").strip_prefix("AWS4-HMAC-SHA256 ").unwrap();
        let mut parts = header.split(", ").filter_map(|text| text.split_once('='));
        parts.find(|(name, _)| *name == part).expect("part of the signature").1
    }

    /// Region and service that are signed for.
    pub fn scope(&self) -> String {
        let parts: Vec<&str> = self.authorization("Credential").split('/').collect();
        parts[2..].join("/")
    }

    /// Computes the signature again (AWS, "Create a signed AWS API request") from what has arrived.
    pub fn is_signed_right(&self) {
        let names = self.authorization("SignedHeaders");
        for needed in ["content-type", "host", "x-amz-date", "x-amz-security-token", "x-amz-target"]
        {
            assert!(names.split(';').any(|name| name == needed), "{needed} is signed, not {names}");
        }
        let mut canonical = format!("{}\n{}\n\n", self.method, self.path);
        for name in names.split(';') {
            writeln!(canonical, "{name}:{}", self.header(name)).unwrap();
        }
        write!(canonical, "\n{names}\n{}", hex::encode(Sha256::digest(&self.body))).unwrap();
        let (_, scope) = self.authorization("Credential").split_once('/').unwrap();
        let digest = hex::encode(Sha256::digest(canonical));
        let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{digest}", self.header("x-amz-date"));
        let first = format!("AWS4{SECRET}").into_bytes();
        let key = scope.split('/').fold(first, |key, part| keyed(&key, part));
        assert_eq!(self.authorization("Signature"), hex::encode(keyed(&key, &text)));
    }
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
