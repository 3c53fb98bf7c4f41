//! A server that answers each connection with what it was told to, byte by byte if need be.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What a connection gets once its request was read.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// These bytes, and then the end. `{port}` is the server's.
    Raw(Vec<u8>),
    /// What was asked, as the body.
    Echo,
    /// The end, before anything.
    Nothing,
    /// No answer, and no end.
    Silence,
    /// A first part, and then another for ever.
    Endless(&'static str, &'static str),
    /// One byte of this each 10 ms.
    Drip(&'static str),
}

pub(super) fn raw(text: &str) -> Reply {
    Reply::Raw(text.as_bytes().to_vec())
}

pub(super) fn ok(body: &str) -> Reply {
    let length = body.len();
    raw(&format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}"
    ))
}

pub(super) fn redirect(status: u16, to: &str) -> Reply {
    raw(&format!(
        "HTTP/1.1 {status} Go\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"
    ))
}

/// Listens until it is dropped.
pub(super) struct Upstream {
    pub(super) port: u16,
    seen: Arc<Mutex<Vec<String>>>,
    /// Told when a request has come in whole.
    pub(super) asked: Arc<Notify>,
    /// Told when a client of a silent server is gone.
    pub(super) left: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Upstream {
    /// The first connection gets the first reply, and so on; those after the last get the last.
    pub(super) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, asked, left) = (Arc::default(), Arc::default(), Arc::default());
        let mut upstream = Self {
            port,
            seen,
            asked,
            left,
            task: tokio::spawn(async {}),
        };
        let (seen, asked) = (Arc::clone(&upstream.seen), Arc::clone(&upstream.asked));
        let left = Arc::clone(&upstream.left);
        upstream.task = tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let reply = replies[connection.min(replies.len() - 1)].clone();
                let (seen, asked, left) =
                    (Arc::clone(&seen), Arc::clone(&asked), Arc::clone(&left));
                tokio::spawn(async move {
                    serve(stream, reply, port, &seen, &asked).await;
                    left.notify_one();
                });
            }
        });
        upstream
    }

    /// The requests so far, each as its text.
    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    reply: Reply,
    port: u16,
    seen: &Mutex<Vec<String>>,
    asked: &Notify,
) {
    let request = read_request(&mut stream).await;
    seen.lock().unwrap().push(request.clone());
    asked.notify_one();
    // A client that has enough hangs up, and the rest cannot be written.
    let _ = answer(&mut stream, reply, port, &request).await;
    // Closing with bytes unread would reset the connection under the answer.
    let _ = stream.shutdown().await;
}

pub(super) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |length| length.parse::<usize>().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(0) | Err(_) => return text,
            Ok(read) => request.extend_from_slice(&more[..read]),
        }
    }
}

async fn answer(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    reply: Reply,
    port: u16,
    request: &str,
) -> std::io::Result<()> {
    match reply {
        Reply::Raw(bytes) => match String::from_utf8(bytes) {
            Ok(text) => {
                let text = text.replace("{port}", &port.to_string());
                stream.write_all(text.as_bytes()).await
            }
            Err(not_text) => stream.write_all(not_text.as_bytes()).await,
        },
        Reply::Echo => {
            let length = request.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(request.as_bytes()).await
        }
        Reply::Nothing => Ok(()),
        Reply::Silence => {
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.map(|_| ())
        }
        Reply::Endless(first, next) => {
            stream.write_all(first.as_bytes()).await?;
            let next = next.repeat(128);
            loop {
                stream.write_all(next.as_bytes()).await?;
            }
        }
        Reply::Drip(text) => {
            for byte in text.as_bytes() {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        }
    }
}
