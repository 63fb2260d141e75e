//! A steady stream of numbered datagrams, and a receiver that sees loss and pauses.

use crate::netns::Netns;
use anyhow::{Context as _, Result, bail};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A stream under way.
#[derive(Debug)]
pub struct Stream {
    local: SocketAddr,
    stop: Arc<AtomicBool>,
    sender: JoinHandle<Result<u64>>,
    receiver: JoinHandle<Result<Heard>>,
}

/// What a stream was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streamed {
    pub sent: u64,
    pub received: u64,
    pub out_of_order: u64,
    /// The longest time between two datagrams.
    pub largest_gap: Duration,
}

#[derive(Debug, Default)]
struct Heard {
    received: u64,
    out_of_order: u64,
    largest_gap: Duration,
}

impl Streamed {
    pub fn lost(&self) -> u64 {
        self.sent - self.received
    }
}

impl Stream {
    /// Starts to send at this rate, until [`Stream::stop`].
    pub fn start(from: &Netns, to: &Netns, at: SocketAddr, per_second: u32) -> Result<Self> {
        let receiver = to.run(|| UdpSocket::bind(at).with_context(|| format!("bind to {at}")))?;
        super::udp::make_room(&receiver)?;
        let sender = from.run(|| {
            let any: SocketAddr = if at.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }.parse()?;
            let socket = UdpSocket::bind(any).context("bind the sender")?;
            socket.connect(at).with_context(|| format!("connect to {at}"))?;
            Ok(socket)
        })?;
        let stop = Arc::new(AtomicBool::new(false));
        let interval = Duration::from_secs(1) / per_second.max(1);
        Ok(Self {
            local: sender.local_addr()?,
            sender: thread::spawn({
                let stop = Arc::clone(&stop);
                move || send(&sender, interval, &stop)
            }),
            receiver: thread::spawn(move || hear(&receiver)),
            stop,
        })
    }

    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Ends it and waits for what is still under way.
    pub fn stop(self) -> Result<Streamed> {
        self.stop.store(true, Ordering::Relaxed);
        let sent = join(self.sender)?;
        let Heard {
            received,
            out_of_order,
            largest_gap,
        } = join(self.receiver)?;
        Ok(Streamed {
            sent,
            received,
            out_of_order,
            largest_gap,
        })
    }
}

fn send(socket: &UdpSocket, interval: Duration, stop: &AtomicBool) -> Result<u64> {
    let start = Instant::now();
    let mut number: u64 = 0;
    while !stop.load(Ordering::Relaxed) {
        socket
            .send(&number.to_be_bytes())
            .with_context(|| format!("send datagram {number}"))?;
        number += 1;
        let due = start + interval.mul_f64(f64::from(u32::try_from(number)?));
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    // An empty datagram is the end; were it lost, the receiver would wait for its time-out.
    socket.send(&[]).context("send the end")?;
    Ok(number)
}

fn hear(socket: &UdpSocket) -> Result<Heard> {
    const SILENCE: Duration = Duration::from_secs(2);
    socket.set_read_timeout(Some(SILENCE))?;
    let mut heard = Heard::default();
    let (mut next, mut last) = (0, None);
    let mut number = [0; 8];
    while let Ok(8) = socket.recv(&mut number) {
        let (now, number) = (Instant::now(), u64::from_be_bytes(number));
        heard.received += 1;
        heard.out_of_order += u64::from(number < next);
        next = next.max(number + 1);
        heard.largest_gap = heard.largest_gap.max(last.map_or(Duration::ZERO, |last| now - last));
        last = Some(now);
    }
    Ok(heard)
}

fn join<T>(thread: JoinHandle<Result<T>>) -> Result<T> {
    thread
        .join()
        .unwrap_or_else(|_| bail!("a thread of the stream panicked"))
}
