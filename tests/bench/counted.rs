//! A hop in front of Odoo that counts the requests that reach it, whoever sends them and however often
//! they are sent. Both ways go through it, so that it costs both the same; it also lets Odoo be anywhere.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Response, StatusCode, header};
use axum::serve::ListenerExt as _;
use causeway_aws::HttpClient;
use causeway_domain::ports::{Call, Effect, Http as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// What a connection's own headers say holds for that connection only (RFC 9110, 7.6.1).
const OF_A_CONNECTION: [HeaderName; 4] =
    [header::CONNECTION, header::CONTENT_LENGTH, header::HOST, header::TRANSFER_ENCODING];

const LARGEST: usize = 32 * 1024 * 1024;

/// The hop; stops when dropped.
pub struct Counted {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    odoo: String,
    http: HttpClient,
    requests: AtomicUsize,
}

impl Counted {
    /// In front of the Odoo at this URL, which has no slash at its end.
    pub async fn start(odoo: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        let shared = Arc::new(Shared {
            odoo: odoo.to_owned(),
            http: HttpClient::new(true),
            requests: AtomicUsize::new(0),
        });
        let app = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, shared, task }
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    shared.requests.fetch_add(1, Ordering::SeqCst);
    match passed(&shared, request).await {
        Ok(answer) => answer.map(Body::from),
        Err(problem) => {
            eprintln!("to Odoo: {problem}");
            let mut answer = Response::new(Body::from(problem));
            *answer.status_mut() = StatusCode::BAD_GATEWAY;
            answer
        }
    }
}

async fn passed(shared: &Shared, request: Request) -> Result<Response<Bytes>, String> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LARGEST).await.map_err(|error| error.to_string())?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = http::Request::builder()
        .method(parts.method)
        .uri(format!("{}{path}", shared.odoo))
        .body(body)
        .map_err(|error| error.to_string())?;
    *request.headers_mut() = end_to_end(parts.headers);
    // As a write: nothing is sent twice. Longer than either way waits itself.
    let timeout = Duration::from_secs(140);
    let call = Call { name: "Odoo", request, effect: Effect::Write, timeout };
    let mut answer = shared.http.send(call).await.map_err(|error| error.to_string())?;
    *answer.headers_mut() = end_to_end(std::mem::take(answer.headers_mut()));
    Ok(answer)
}

fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in OF_A_CONNECTION {
        headers.remove(name);
    }
    headers
}
