//! The client against real sockets on this machine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::client::{HttpClient, LARGEST_ANSWER};
use bytes::Bytes;
use causeway_domain::ports::{Call, Effect, Http as _, NoAnswer};
use http::{Request, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A server that answers every connection's first request with these bytes and closes.
struct Server {
    port: u16,
    requests: Arc<AtomicU32>,
}

async fn server(answer: impl Into<Bytes>) -> Server {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut seen = Vec::new();
            while !seen.windows(4).any(|end| end == b"\r\n\r\n") {
                let mut chunk = [0; 4096];
                let read = socket.read(&mut chunk).await.unwrap();
                seen.extend_from_slice(&chunk[..read]);
                assert!(read > 0, "the client closed early");
            }
            count.fetch_add(1, Ordering::Relaxed);
            // The client may hang up in the middle: that is what some tests are about.
            let _ = socket.write_all(&answer).await;
        }
    });
    Server { port, requests }
}

fn call(url: &str, timeout: Duration) -> Call {
    Call {
        name: "test",
        request: Request::get(url).header("x-test", "1").body(Bytes::new()).unwrap(),
        effect: Effect::Read,
        timeout,
    }
}

async fn get(client: &HttpClient, port: u16) -> Result<Response<Bytes>, NoAnswer> {
    let url = format!("http://127.0.0.1:{port}/path?key=secret-in-url");
    client.send(call(&url, Duration::from_secs(5))).await
}

fn not_sent(answer: Result<Response<Bytes>, NoAnswer>) -> String {
    match answer {
        Err(NoAnswer::NotSent(cause)) => cause,
        other => panic!("should not have been sent: {other:?}"),
    }
}

fn lost(answer: Result<Response<Bytes>, NoAnswer>) -> String {
    match answer {
        Err(NoAnswer::Lost(cause)) => cause,
        other => panic!("should be lost: {other:?}"),
    }
}

#[tokio::test]
async fn any_status_is_an_answer_and_redirects_are_not_followed() {
    for status in ["200 OK", "404 Not Found", "500 Oops", "302 Found\r\nLocation: /elsewhere"] {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nX-Up: yes\r\n\r\nhi");
        let server = server(answer).await;
        let response = get(&HttpClient::new(false), server.port).await.unwrap();
        assert_eq!(response.status().as_str(), &status[..3]);
        assert_eq!(response.headers()["x-up"], "yes");
        assert_eq!(response.body().as_ref(), b"hi");
        assert_eq!(server.requests.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let cause = not_sent(get(&HttpClient::new(false), port).await);
    assert_eq!(cause, "no connection to 127.0.0.1");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_lost_and_the_url_is_not_quoted() {
    for broken in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"] {
        let server = server(broken.to_owned()).await;
        let cause = lost(get(&HttpClient::new(false), server.port).await);
        assert_eq!(cause, "127.0.0.1: connection broke");
    }
}

#[tokio::test]
async fn silence_is_lost_when_the_time_is_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    let answer = HttpClient::new(false).send(call(&url, Duration::from_millis(50))).await;
    assert!(lost(answer).starts_with("localhost: timed out"));
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let mut answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    answer.resize(answer.len() + LARGEST_ANSWER + 1, b'x');
    let server = server(answer).await;
    let cause = lost(get(&HttpClient::new(false), server.port).await);
    assert!(cause.contains("larger than"), "{cause}");
}

#[tokio::test]
async fn after_a_429_the_host_is_left_alone_as_long_as_it_asked() {
    let server = server("HTTP/1.1 429 Slow\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n").await;
    let client = HttpClient::new(false);
    assert_eq!(get(&client, server.port).await.unwrap().status().as_u16(), 429);
    let cause = not_sent(get(&client, server.port).await);
    assert!(cause.contains("asked for a pause"), "{cause}");
    assert_eq!(server.requests.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn plain_http_stays_on_this_machine_unless_allowed() {
    let timeout = Duration::from_millis(200);
    let client = HttpClient::new(false);
    for host in ["shop.example", "10.0.0.1", "127.0.0.1.evil.example", "localhost.evil.example"] {
        let cause = not_sent(client.send(call(&format!("http://{host}/"), timeout)).await);
        assert!(cause.contains("CAUSEWAY_ALLOW_HTTP"), "{cause}");
    }
    // Reserved for documentation (RFC 5737): nothing answers there, but the attempt is made.
    let open = HttpClient::new(true).send(call("http://192.0.2.1/", timeout)).await;
    assert!(!matches!(open, Err(NoAnswer::NotSent(cause)) if cause.contains("ALLOW_HTTP")));
    let relative = Request::get("/only/a/path").body(Bytes::new()).unwrap();
    let odd = Call { request: relative, ..call("http://localhost/", timeout) };
    assert_eq!(not_sent(client.send(odd).await), "the URL has no host");
}

#[tokio::test]
async fn the_tls_configuration_can_be_built() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.write_all(b"this is not TLS").await;
        }
    });
    let url = format!("https://127.0.0.1:{port}/");
    let answer = HttpClient::new(false).send(call(&url, Duration::from_secs(5))).await;
    assert_eq!(not_sent(answer), "no connection to 127.0.0.1");
}
