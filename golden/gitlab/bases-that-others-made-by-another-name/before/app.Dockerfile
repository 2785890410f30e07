FROM base
RUN touch /app
