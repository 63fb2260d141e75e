//! What gRPC's codes mean for whoever asked.
use tonic::{Code, Status};

use super::{Fault, fault::innermost};

pub(super) fn fault(server: String, status: &Status) -> Fault {
    let message = status.message().to_owned();
    match status.code() {
        Code::Unimplemented => Fault::NotNetobs { server, message },
        Code::InvalidArgument | Code::OutOfRange => Fault::BadRequest { message },
        Code::NotFound => Fault::NotFound { message },
        Code::Internal | Code::DataLoss if message.contains("decode") => Fault::Unreadable { server, message },
        // With a source it is the connection's, without one it is the agent's word.
        Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled if is_transport(status) => Fault::Lost {
            problem: innermost(status),
            server,
        },
        Code::Ok
        | Code::Unavailable
        | Code::Unknown
        | Code::Internal
        | Code::Cancelled
        | Code::DataLoss
        | Code::DeadlineExceeded
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::Unauthenticated => Fault::Declined {
            message: if message.is_empty() {
                status.code().description().to_owned()
            } else {
                message
            },
            server,
        },
    }
}

fn is_transport(status: &Status) -> bool {
    std::error::Error::source(status).is_some()
}
