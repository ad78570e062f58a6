//! A wire that can be cut.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::Duration,
};

use crate::{Error, Port};

/// How much of a stream is on its way at once, in bytes.
const CHUNK: usize = 16 * 1024;

/// A wire between clients and one server: a TCP proxy that passes everything on until it is told not to.
pub struct Cut {
    port: Port,
    wire: Arc<Wire>,
}

struct Wire {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    server: SocketAddr,
    condition: Condition,
    open: Vec<TcpStream>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    /// Every chunk passes after this time.
    Whole(Duration),
    /// Nothing passes, and nobody is told.
    Silent,
    /// Nobody can connect.
    Refusing,
}

impl Cut {
    /// A whole wire to `server`.
    ///
    /// # Errors
    ///
    /// No port is free.
    pub fn new(server: SocketAddr) -> Result<Self, Error> {
        let port = Port::free()?;
        let listener = TcpListener::bind(port.address()).map_err(Error::file("a proxy"))?;
        let wire = Arc::new(Wire {
            state: Mutex::new(State {
                server,
                condition: Condition::Whole(Duration::ZERO),
                open: Vec::new(),
            }),
            changed: Condvar::new(),
        });
        let listening = Arc::downgrade(&wire);
        thread::spawn(move || accept(&listener, &listening));
        Ok(Self { port, wire })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Passes nothing on from now on: what is sent either way is held back until [`Self::heal`], as by a network that loses
    /// every packet. Connections seem to be made, and nobody says anything.
    pub fn cut(&self) {
        self.wire.set(Condition::Silent);
    }

    /// Ends every connection, and every new one at once, as when a machine is gone and its router says so.
    pub fn refuse(&self) {
        self.wire.set(Condition::Refusing);
    }

    /// Passes everything on, each chunk after this time, in each direction.
    pub fn delay(&self, time: Duration) {
        self.wire.set(Condition::Whole(time));
    }

    /// Leads new connections to this server from now on, as an address does that moves from one machine to another.
    pub fn lead_to(&self, server: SocketAddr) {
        self.wire.lock().server = server;
    }

    /// Passes everything on at once again.
    pub fn heal(&self) {
        self.delay(Duration::ZERO);
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        self.wire.set(Condition::Refusing);
        // Why: the thread that waits for connections looks whether it is still wanted when one comes.
        let _ = TcpStream::connect(self.address());
    }
}

impl Wire {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, condition: Condition) {
        let mut state = self.lock();
        state.condition = condition;
        if condition == Condition::Refusing {
            for stream in state.open.drain(..) {
                // Why: either side may have closed it.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
        self.changed.notify_all();
    }

    /// Waits until a chunk may pass.
    fn pass(&self) -> io::Result<()> {
        let mut state = self.lock();
        loop {
            match state.condition {
                Condition::Whole(delay) => {
                    drop(state);
                    thread::sleep(delay);
                    return Ok(());
                }
                Condition::Silent => {
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                Condition::Refusing => return Err(io::ErrorKind::ConnectionReset.into()),
            }
        }
    }

    /// Makes the other half of a connection, and remembers both, to end them.
    fn connect(&self, client: &TcpStream) -> io::Result<TcpStream> {
        self.pass()?;
        let server = self.lock().server;
        let server = TcpStream::connect(server)?;
        // Why: what comes in small parts is not to wait for each other here.
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let mut state = self.lock();
        state.open.retain(|stream| stream.peer_addr().is_ok());
        state
            .open
            .extend([client.try_clone()?, server.try_clone()?]);
        Ok(server)
    }
}

fn accept(listener: &TcpListener, wire: &Weak<Wire>) {
    for client in listener.incoming() {
        let Some(wire) = wire.upgrade() else { return };
        if let Ok(client) = client {
            thread::spawn(move || join(client, &wire));
        }
    }
}

/// Passes both directions of one connection on, until either side ends it.
fn join(client: TcpStream, wire: &Arc<Wire>) {
    let Ok(server) = wire.connect(&client) else {
        return;
    };
    let (Ok(from_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    let back = Arc::clone(wire);
    thread::spawn(move || copy(from_server, client, &back));
    copy(from_client, server, wire);
}

fn copy(mut from: TcpStream, mut to: TcpStream, wire: &Wire) {
    let mut chunk = [0; CHUNK];
    while let Ok(read) = from.read(&mut chunk) {
        let sent = wire.pass().and_then(|()| to.write_all(&chunk[..read]));
        if read == 0 || sent.is_err() {
            break;
        }
    }
    // Why: each side hears that the other has ended, and the other thread ends, too.
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
