//! The cascade beside Perl's `Net::Abuse::Utils`: both are asked the same, and reach the same servers on loopback.

mod functions;
mod samples;
mod score;
