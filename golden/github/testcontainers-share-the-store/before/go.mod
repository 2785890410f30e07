module bakery.example/loaf

require github.com/testcontainers/testcontainers-go v0.35.0
