dependencies {
    testImplementation("org.testcontainers:postgresql:1.20.4")
}
