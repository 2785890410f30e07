//! The program: arguments in, exit status out.

fn main() -> std::process::ExitCode {
    dindless::cli::run(std::env::args_os()).into()
}
