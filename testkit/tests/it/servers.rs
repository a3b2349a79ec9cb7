//! Servers answer, come back on the same port, and are gone with the process that started them.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use testkit::{FixedClock, PostgresServer, RedisServer, Suite, until};

use crate::children::{Child, Killed};

const LIMIT: Duration = Duration::from_secs(60);

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        redis: [redis_answers];
        plain: [postgres_restarts, redis_restarts, dropped_servers_are_gone, servers_of_a_killed_process_are_gone,
            servers_of_a_terminated_group_are_gone, clock_moves_only_when_told]
    );
}

fn refuses(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_err()
}

fn ping(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    assert_eq!(&answer, b"+PONG\r\n");
    Ok(())
}

async fn redis_answers(url: String) -> anyhow::Result<()> {
    let url = url::Url::parse(&url)?;
    let address = url.socket_addrs(|| Some(6379))?;
    ping(*address.first().ok_or_else(|| anyhow::anyhow!("no address"))?)?;
    Ok(())
}

async fn postgres_restarts() -> anyhow::Result<()> {
    let server = PostgresServer::start()?;
    let (url, address) = (server.url("postgres"), server.address());
    // A pool asks a server that refuses it again and again, until this time is over.
    let mut options = ConnectOptions::new(&url);
    options.acquire_timeout(Duration::from_secs(1)).test_before_acquire(false);
    let before = Database::connect(options).await?;
    before.execute_unprepared("CREATE TABLE kept (id INTEGER)").await?;

    server.stop()?;
    assert!(refuses(address));
    assert!(before.execute_unprepared("SELECT * FROM kept").await.is_err());

    server.restart()?;
    assert_eq!(server.address(), address);
    before.execute_unprepared("SELECT * FROM kept").await?;

    server.restart()?;
    Database::connect(&url).await?.execute_unprepared("SELECT * FROM kept").await?;
    Ok(())
}

fn redis_restarts() -> anyhow::Result<()> {
    let server = RedisServer::start()?;
    let address = server.address();
    ping(address)?;
    server.stop()?;
    assert!(refuses(address));
    server.restart()?;
    assert_eq!(server.address(), address);
    ping(address)?;
    Ok(())
}

fn dropped_servers_are_gone() -> anyhow::Result<()> {
    let (postgres, redis) = (PostgresServer::start()?, RedisServer::start()?);
    let addresses = [postgres.address(), redis.address()];
    drop((postgres, redis));
    assert!(addresses.into_iter().all(refuses));
    Ok(())
}

fn servers_of_a_killed_process_are_gone() -> anyhow::Result<()> {
    outlived_by_nothing(Killed::BySigkill)
}

fn servers_of_a_terminated_group_are_gone() -> anyhow::Result<()> {
    outlived_by_nothing(Killed::WithItsGroup)
}

fn outlived_by_nothing(death: Killed) -> anyhow::Result<()> {
    // Distinguished from a failing child: a server that is missing here is missing there.
    drop((PostgresServer::start()?, RedisServer::start()?));
    let child = Child::with_servers()?;
    let (addresses, scratch) = (child.addresses.clone(), child.scratch.clone());
    assert_eq!(addresses.len(), 2);
    assert!(addresses.iter().all(|address| TcpStream::connect(address).is_ok()));
    assert!(Path::new(&scratch).is_dir());
    child.die(death)?;
    for address in addresses {
        assert!(until(LIMIT, || refuses(address)), "{address} still answers");
    }
    assert!(until(LIMIT, || !Path::new(&scratch).exists()), "the scratch directory is still there");
    Ok(())
}

fn clock_moves_only_when_told() {
    use crm_core::clock::Clock;
    let clock = FixedClock::default();
    let (other, start) = (clock.clone(), clock.now());
    clock.advance(Duration::from_secs(90));
    assert_eq!((other.now() - start).num_seconds(), 90);
    other.set(start);
    assert_eq!(clock.now(), start);
}
