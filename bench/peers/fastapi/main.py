"""CalmBoard's hot requests in FastAPI: `uvicorn main:app --workers 2`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from database import engine
from fastapi import FastAPI
from rate_limits import redis
from request_log import RequestLog
from routers import projects, tasks


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield
    await redis.aclose()
    await engine.dispose()


app = FastAPI(title="CalmBoard", lifespan=lifespan)
app.add_middleware(RequestLog)
app.include_router(projects.router, prefix="/api/v1")
app.include_router(tasks.router, prefix="/api/v1")


@app.get("/healthz")
async def check_health() -> dict[str, str]:
    return {"status": "ok"}
