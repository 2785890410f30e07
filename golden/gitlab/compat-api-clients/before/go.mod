module example.com/app

go 1.25

require (
	github.com/docker/docker v28.0.0+incompatible // indirect
	github.com/testcontainers/testcontainers-go v0.35.0 // indirect
)
