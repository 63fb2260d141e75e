//! An answer on its way: handed over in slices, each when the client has room for it, so that it is known how long it takes.
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame};
use tokio::sync::OwnedSemaphorePermit;
use tonic::{Status, body::Body};

use super::visitors::Call;

const SLICE: usize = 64 << 10;

pub(super) struct Answer {
    body: Body,
    /// Of what the body gave last.
    rest: Bytes,
    _until_taken: (Option<Call>, Option<OwnedSemaphorePermit>),
}

impl Answer {
    /// Both end with it.
    pub(super) fn new(body: Body, call: Option<Call>, room: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            _until_taken: (call, room),
        }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end @ (Some(Err(_)) | None) => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(SLICE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }
}
