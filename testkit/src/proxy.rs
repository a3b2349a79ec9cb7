//! A proxy that can be interrupted.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs, lookup_host};
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use crate::{free_port, runtime};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Forward,
    Hang,
    Cut,
    /// As if the host had vanished: existing connections get no more data, not even their end.
    Strand,
}

/// Forwards TCP connections from a loopback port of its own. Dropping it ends them.
pub struct Proxy {
    address: SocketAddr,
    wanted: watch::Sender<Mode>,
    reached: watch::Receiver<Mode>,
}

impl Proxy {
    /// A proxy that forwards to `target`, an address or `host:port`.
    pub async fn to(target: impl ToSocketAddrs) -> anyhow::Result<Self> {
        let target = lookup_host(target).await?.next().context("the proxy's target has no address")?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, free_port()?)).await?;
        let address = listener.local_addr()?;
        let (wanted, orders) = watch::channel(Mode::Forward);
        let (report, reached) = watch::channel(Mode::Forward);
        runtime().spawn(serve(listener, target, orders, report));
        Ok(Self { address, wanted, reached })
    }

    /// A proxy for the server a URL names, and the URL that leads through it.
    pub async fn before(url: &str) -> anyhow::Result<(Self, String)> {
        let mut url = Url::parse(url)?;
        let host = url.host_str().context("the URL names no host")?;
        let port = match (url.port_or_known_default(), url.scheme()) {
            (Some(port), _) => port,
            (None, "postgres" | "postgresql") => 5432,
            (None, "redis" | "rediss") => 6379,
            (None, scheme) => anyhow::bail!("{scheme} has no known port"),
        };
        let proxy = Self::to((host, port)).await?;
        url.set_host(Some("127.0.0.1"))?;
        url.set_port(Some(proxy.address.port())).ok().context("the URL takes no port")?;
        Ok((proxy, url.into()))
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections and refuses new ones; done when it returns.
    pub async fn cut(&self) -> anyhow::Result<()> {
        self.turn(Mode::Cut).await
    }

    /// Accepts connections and forwards nothing, on old ones neither; what was sent meanwhile arrives after
    /// [`Proxy::restore`].
    pub async fn hang(&self) -> anyhow::Result<()> {
        self.turn(Mode::Hang).await
    }

    /// Blocks all existing connections permanently, and forwards new ones: as if the host had vanished and another had
    /// taken over its address. Done when it returns.
    pub async fn strand(&self) -> anyhow::Result<()> {
        self.turn(Mode::Strand).await?;
        self.restore().await
    }

    /// Forwards again; done when it returns.
    pub async fn restore(&self) -> anyhow::Result<()> {
        self.turn(Mode::Forward).await
    }

    async fn turn(&self, mode: Mode) -> anyhow::Result<()> {
        self.wanted.send(mode).context("the proxy has ended")?;
        let mut reached = self.reached.clone();
        reached.wait_for(|reached| *reached == mode).await.context("the proxy has ended")?;
        Ok(())
    }
}

async fn serve(
    listener: TcpListener,
    target: SocketAddr,
    mut orders: watch::Receiver<Mode>,
    report: watch::Sender<Mode>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    let mut stranded = Vec::new();
    let (mut modes, _) = watch::channel(Mode::Forward);
    loop {
        let mode = *orders.borrow_and_update();
        if mode == Mode::Cut {
            listener = None;
            connections.shutdown().await;
            stranded.clear();
        } else if listener.is_none() {
            listener = Some(TcpListener::bind(address).await?);
        }
        modes.send_replace(mode);
        if mode == Mode::Strand {
            // Their order is the last one they get.
            let (fresh, _) = watch::channel(mode);
            stranded.push((std::mem::replace(&mut modes, fresh), std::mem::take(&mut connections)));
        }
        report.send_replace(mode);
        loop {
            tokio::select! {
                changed = orders.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return Ok(()),
                },
                client = accept(listener.as_ref()) => {
                    connections.spawn(forward(client?, target, modes.subscribe()));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

/// The next client; never, without a listener.
async fn accept(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(client, _)| client),
        None => std::future::pending().await,
    }
}

async fn forward(client: TcpStream, target: SocketAddr, mut mode: watch::Receiver<Mode>) -> io::Result<()> {
    forwarding(&mut mode).await?;
    let server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = server.into_split();
    let there = pump(client_reads, server_writes, mode.clone());
    let back = pump(server_reads, client_writes, mode);
    tokio::try_join!(there, back).map(|_| ())
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mode: watch::Receiver<Mode>,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        forwarding(&mut mode).await?;
        match buffer.get(..length) {
            None | Some([]) => return to.shutdown().await,
            Some(bytes) => to.write_all(bytes).await?,
        }
    }
}

/// Waits until the proxy forwards.
async fn forwarding(mode: &mut watch::Receiver<Mode>) -> io::Result<()> {
    mode.wait_for(|mode| *mode == Mode::Forward).await.map(|_| ()).map_err(io::Error::other)
}
