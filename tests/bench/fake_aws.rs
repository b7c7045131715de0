//! AWS as far as an invocation needs it, answering at once: what is measured is the function, not a
//! store behind it. An operation that is not here is an error that ends the bench.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use axum::serve::ListenerExt as _;
use causeway_aws::environment as variables;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;

/// What the fake knows.
#[derive(Clone, Default)]
pub struct Holdings {
    /// Store -> configuration document.
    pub documents: BTreeMap<String, String>,
    /// Name -> secret.
    pub secrets: BTreeMap<String, String>,
}

/// The endpoint; stops when dropped.
pub struct FakeAws {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    holdings: Holdings,
    calls: Mutex<BTreeMap<String, u64>>,
}

impl FakeAws {
    pub async fn start(holdings: Holdings) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        let shared = Arc::new(Shared { holdings, calls: Mutex::default() });
        let app = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, shared, task }
    }

    /// How often an operation was called, such as `AmazonSQS.SendMessageBatch`.
    pub fn calls(&self, operation: &str) -> u64 {
        self.shared.calls.lock().unwrap().get(operation).copied().unwrap_or(0)
    }

    /// The variables of a function that uses this endpoint.
    pub fn environment(&self, runtime: SocketAddr) -> Vec<(&'static str, String)> {
        let url = format!("http://{}", self.address);
        let queue = |name: &str| format!("{url}/123456789012/{name}");
        vec![
            ("AWS_LAMBDA_RUNTIME_API", runtime.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench".to_owned()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench".to_owned()),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_SESSION_TOKEN", "test".to_owned()),
            (variables::ROWS_TABLE, "rows".to_owned()),
            (variables::EVENTS_TABLE, "events".to_owned()),
            (variables::LINKS_TABLE, "links".to_owned()),
            (variables::ATTENTION_TABLE, "attention".to_owned()),
            (variables::STORES_TABLE, "stores".to_owned()),
            (variables::ORDERS_QUEUE_URL, queue("orders")),
            (variables::ORDERS_DEAD_QUEUE_URL, queue("orders-dead")),
            (variables::REFUNDS_QUEUE_URL, queue("refunds")),
            (variables::REFUNDS_DEAD_QUEUE_URL, queue("refunds-dead")),
            (variables::SETTLEMENTS_QUEUE_URL, queue("settlements")),
            (variables::SETTLEMENTS_DEAD_QUEUE_URL, queue("settlements-dead")),
            (variables::SETTLEMENTS_BUCKET, "settlements".to_owned()),
            ("CAUSEWAY_LOG", "info".to_owned()),
            ("AWS_ENDPOINT_URL", url),
        ]
    }
}

impl Drop for FakeAws {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or("-");
    *shared.calls.lock().unwrap().entry(target.to_owned()).or_default() += 1;
    let request: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (status, answer) = match target {
        "DynamoDB_20120810.GetItem" => (200, item(&shared.holdings, &request)),
        "DynamoDB_20120810.PutItem" => (200, json!({})),
        "DynamoDB_20120810.UpdateItem" => update(&request),
        "DynamoDB_20120810.Query" => (200, json!({"Items": [], "Count": 0, "ScannedCount": 0})),
        "AmazonSQS.SendMessageBatch" => (200, sent(&request)),
        "secretsmanager.GetSecretValue" => secret(&shared.holdings, &request),
        other => panic!("the function called {other}, which this bench does not know"),
    };
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amzn-requestid", "00000000-0000-4000-8000-000000000000")
        .body(Body::from(answer.to_string()))
        .unwrap()
}

/// A store's configuration; an event id is never known.
fn item(holdings: &Holdings, request: &Value) -> Value {
    let store = request["Key"]["store"]["S"].as_str().unwrap_or_default();
    match holdings.documents.get(store) {
        Some(document) => json!({"Item": {"document": {"S": document}}}),
        None => json!({}),
    }
}

/// A nudge counts; a claim finds that somebody else has the lease.
fn update(request: &Value) -> (u16, Value) {
    match request["ConditionExpression"].as_str() {
        None => (200, json!({"Attributes": {"wanted": {"N": "1"}}})),
        Some(_) => (
            400,
            json!({
                "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                "message": "The conditional request failed",
                "Item": {"wanted": {"N": "1"}, "fence": {"N": "1"}, "owner": {"S": "another"}},
            }),
        ),
    }
}

/// Every entry is stored. The SDK does not compare the digest.
fn sent(request: &Value) -> Value {
    let entries = request["Entries"].as_array().cloned().unwrap_or_default();
    let stored = entries.iter().map(|entry| {
        json!({
            "Id": entry["Id"], "MessageId": "5fea7756-0ea4-451a-a703-a558b933e274",
            "MD5OfMessageBody": "fafb00f5732ab283681e124bf8747ed1",
        })
    });
    json!({"Successful": stored.collect::<Vec<_>>(), "Failed": []})
}

/// A secret that was never rotated.
fn secret(holdings: &Holdings, request: &Value) -> (u16, Value) {
    let name = request["SecretId"].as_str().unwrap_or_default();
    match (holdings.secrets.get(name), request["VersionStage"].as_str()) {
        (Some(text), Some("AWSCURRENT")) => {
            (200, json!({"Name": name, "SecretString": text, "VersionStages": ["AWSCURRENT"]}))
        }
        _ => (
            400,
            json!({
                "__type": "ResourceNotFoundException",
                "Message": "Secrets Manager can't find the specified secret value",
            }),
        ),
    }
}
