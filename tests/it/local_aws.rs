//! A local AWS for tests: whatever listens at `AWS_ENDPOINT_URL`.

use causeway_aws::Clients;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Clients of the local AWS. Refuses to run against the real one.
pub async fn clients() -> Clients {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").expect("AWS_ENDPOINT_URL names a local AWS");
    assert!(
        endpoint.starts_with("http://127.0.0.1:") || endpoint.starts_with("http://localhost:"),
        "tests run against a local AWS only, not {endpoint}"
    );
    Clients::from_env()
}

/// A name that no other run uses.
pub fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("{name}-{millis}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
