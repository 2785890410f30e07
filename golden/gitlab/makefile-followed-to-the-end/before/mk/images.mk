image-%:
	-@docker build -t $* .
