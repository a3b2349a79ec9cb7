//! The proxy forwards, refuses, hangs and recovers.

use std::io;
use std::time::Duration;

use testkit::{Proxy, Suite};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(30);

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, plain: [is_cut_and_restored, hangs_and_recovers, strands_and_forwards, stands_before_a_url]);
}

/// A server that sends back what it gets.
async fn echo() -> io::Result<std::net::SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    Ok(address)
}

async fn speak(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"hello").await?;
    hear(stream).await
}

async fn hear(stream: &mut TcpStream) -> io::Result<()> {
    let mut answer = [0; 5];
    timeout(LIMIT, stream.read_exact(&mut answer)).await??;
    assert_eq!(&answer, b"hello");
    Ok(())
}

async fn is_cut_and_restored() -> anyhow::Result<()> {
    let proxy = Proxy::to(echo().await?).await?;
    let mut live = TcpStream::connect(proxy.addr()).await?;
    speak(&mut live).await?;

    proxy.cut().await?;
    assert!(speak(&mut live).await.is_err());
    assert!(TcpStream::connect(proxy.addr()).await.is_err());

    proxy.restore().await?;
    assert!(speak(&mut live).await.is_err());
    speak(&mut TcpStream::connect(proxy.addr()).await?).await?;
    Ok(())
}

async fn hangs_and_recovers() -> anyhow::Result<()> {
    let proxy = Proxy::to(echo().await?).await?;
    let mut old = TcpStream::connect(proxy.addr()).await?;
    speak(&mut old).await?;

    proxy.hang().await?;
    let mut new = TcpStream::connect(proxy.addr()).await?;
    for stream in [&mut old, &mut new] {
        stream.write_all(b"hello").await?;
        let silence = timeout(Duration::from_millis(100), stream.read_u8()).await;
        assert!(silence.is_err());
    }

    proxy.restore().await?;
    hear(&mut old).await?;
    hear(&mut new).await?;
    proxy.hang().await?;
    proxy.cut().await?;
    assert!(speak(&mut old).await.is_err());
    Ok(())
}

async fn strands_and_forwards() -> anyhow::Result<()> {
    let proxy = Proxy::to(echo().await?).await?;
    let mut old = TcpStream::connect(proxy.addr()).await?;
    speak(&mut old).await?;

    proxy.strand().await?;
    speak(&mut TcpStream::connect(proxy.addr()).await?).await?;
    proxy.hang().await?;
    proxy.restore().await?;
    speak(&mut TcpStream::connect(proxy.addr()).await?).await?;
    old.write_all(b"hello").await?;
    assert!(timeout(Duration::from_millis(100), old.read_u8()).await.is_err());

    proxy.cut().await?;
    assert_eq!(timeout(LIMIT, old.read(&mut [0; 5])).await?.unwrap_or(0), 0);
    Ok(())
}

async fn stands_before_a_url() -> anyhow::Result<()> {
    let target = echo().await?;
    let (proxy, url) = Proxy::before(&format!("redis://name:word@{target}/2?a=b")).await?;
    assert_eq!(url, format!("redis://name:word@{}/2?a=b", proxy.addr()));
    speak(&mut TcpStream::connect(proxy.addr()).await?).await?;
    Ok(())
}
