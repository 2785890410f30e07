bake() {
  docker build -t r.bakery.example/bun:1 .
}
