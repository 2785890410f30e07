count() {
  ls | wc -l
}
