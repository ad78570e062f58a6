//! The real program, over a real socket.

mod api;
mod bad_input;
mod commands;
mod config;
mod durability;
mod harness;
mod overload;
mod privacy;
mod races;
mod siteverify;
mod start;
