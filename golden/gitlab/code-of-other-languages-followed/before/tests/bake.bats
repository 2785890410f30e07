@test "bakes" {
  run docker build .
}
